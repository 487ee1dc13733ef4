//! `docs/roles.md` from the table.

use keting_model::role::{Reach, Role};

pub fn page() -> String {
    let mut page = String::from(HEAD);
    for role in Role::ALL {
        let name = role.name();
        let level = role.level().name();
        let reads = listed(role.reads().iter().map(|(kind, reach)| match reach {
            Reach::Whole => format!("`{}`", kind.name()),
            Reach::OwnOnly => format!("own `{}`", kind.name()),
        }));
        let writes = listed(role.writes().iter().map(|family| family.name().to_owned()));
        let grants = listed(role.grants().iter().map(|below| format!("`{}`", below.name())));
        let depth = role.delegation_depth();
        let [held, redraws, revokes] = [role.accepts_held(), role.redraws(), role.revokes()]
            .map(|may| if may { "yes" } else { "–" });
        page += &format!(
            "| `{name}` | {level} | {reads} | {writes} | {grants} | {depth} | {held} | {redraws} | {revokes} |\n"
        );
    }
    page + TAIL
}

fn listed(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    if names.is_empty() { "–".to_owned() } else { names.join(", ") }
}

const HEAD: &str = "\
# Roles

Who may do what, always within the regions a grant names and below them. This page is made from the
table in `core/model/src/role/table.rs`, and a test holds the two together; another compares the table with
what was agreed. The Chinese names are in the [glossary](glossary.md).

| role | granted on a | reads | writes | grants | depth | accepts held work | redraws | revokes |
|---|---|---|---|---|---|---|---|---|
";

const TAIL: &str = "
*Writes* names parts of the data: `city` is the city and its towns, `region` every region below a town
(and, for who is granted on a region, only those below it), `household` the household's own fields,
`private` what only some may read of its residents. *Own* is what the holder wrote. *Depth* is how many
grants may follow one another below one of the role.

Everybody reads the regions, because without them no authority can be worked out. The cases of station
chiefs, mediators and the dispute centre come with the systems they belong to; accepting held work,
redrawing and revoking have their column and not their command yet.

## The city's own keys

The table is about people. Two keys stand beside it, and their grants are the only ones that cover every
kind of document, also those of later versions: the *issuing key*, which the root key grants when the
city is made, and the *server's device*, which the issuing key grants. With the first the operator of the
server invites people of every role (`keting invite`), on a region of the role's level and no other;
with the second the server enters the first regions. Both may write every region and read no household.
An administrator who was invited is a person: their grant names kinds, lets them write the city and
its towns, and give the role of a town officer. It names the kinds of rosters too, so that they can pass
them on; their own line does not let them read one.
";
