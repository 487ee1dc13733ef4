//! `docs/errors.md` is the catalogue of codes as a page. `KETING_BLESS=1` writes it anew.

mod remedies;

use std::path::Path;

use keting::ErrorKind;
use keting::error::{CAUTIONS, FAMILIES, FINDINGS};

use crate::remedies::{Kind, REMEDIES, codes_with};

#[test]
fn the_page_of_errors_is_the_catalogue() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors.md");
    let page = page();
    if std::env::var_os("KETING_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &page).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == page, "docs/errors.md is not the catalogue: run this with KETING_BLESS=1");
}

fn page() -> String {
    let mut page = String::from(HEAD);
    for family in FAMILIES {
        page += &format!("\n## {}\n\n", family.title);
        page += "| code | kind | retryable | 中文 | English |\n|---|---|---|---|---|\n";
        for known in family.codes {
            let (kind, retryable) = (name(known.kind), if known.retryable { "yes" } else { "no" });
            let (code, zh, en) = (known.code, known.zh, known.en);
            page += &format!("| `{code}` | {kind} | {retryable} | {zh} | {en} |\n");
        }
    }
    page += CAUTIONS_HEAD;
    for caution in CAUTIONS {
        page += &format!("| `{}` | {} | {} |\n", caution.code, caution.zh, caution.en);
    }
    page += FINDINGS_HEAD;
    for finding in FINDINGS {
        page += &format!("| `{}` | {} | {} |\n", finding.code, finding.zh, finding.en);
    }
    page + &remedies_as_tables()
}

fn remedies_as_tables() -> String {
    let (mut commands, mut people) = (String::new(), String::new());
    for remedy in REMEDIES {
        let codes = codes_with(remedy).into_iter().map(|code| format!("`{code}`"));
        let codes = codes.collect::<Vec<_>>().join(", ");
        match remedy.kind {
            Kind::Command { command, shown_by } => {
                commands += &format!("| `{command}` | {codes} | `{shown_by}` |\n");
            }
            Kind::Person(who) => {
                people += &format!("| {} {} | {who} | {codes} |\n", remedy.zh[0], remedy.en[0]);
            }
            Kind::Oneself => {}
        }
    }
    format!("{REMEDIES_HEAD}{commands}{PEOPLE_HEAD}{people}")
}

fn name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Refused => "refused",
        ErrorKind::NotFound => "not found",
        ErrorKind::File => "file",
        ErrorKind::Network => "network",
        ErrorKind::NeedsUpdate => "needs update",
        ErrorKind::Internal => "internal",
    }
}

const HEAD: &str = "\
# Errors

Every error, and every reason why an edit is held or refused, has a stable code: apps and scripts
match it, people read the sentence. A code keeps its meaning in every later version. This page is made
from the catalogue in `core/engine`, and a test holds the two together.

The kind is what an application branches on, and how `keting` ends:

| kind | meaning | exit code |
|---|---|---|
| refused | it is not allowed or not valid; somebody has to change something | 1 |
| not found | it does not exist here | 3 |
| file | a file or a key cannot be used | 4 |
| network | the server could not be reached or did not do its part | 5 |
| needs update | a newer version is needed | 1 |
| internal | the software is at fault | 1 |

The command line ends with 2 for `usage` and with 6 for `difference` and `demo_failed`. *Retryable*
means that the same may succeed later without anybody entering anything else. When the server ends a
session it says itself whether to try again; if so, the kind is network.
";

const CAUTIONS_HEAD: &str = "
## 提醒 Warnings

Nothing has failed: the edit is kept, and a person should look at it again. An app finds these codes in
what a verb answers; `keting` says them on standard error and ends with 0.

| code | 中文 | English |
|---|---|---|
";

const FINDINGS_HEAD: &str = "
## 检查 Findings

What a check-up of a device or a server finds beside the errors above: `check_up` in the engine, and
`keting doctor`.

| code | 中文 | English |
|---|---|---|
";

const REMEDIES_HEAD: &str = "
## 办法 Remedies

Every message says what to do: something that whoever reads it does where they are, a command, or whom
to turn to; a test refuses a message that says none of these. What an app offers instead of a command
does the same. Each command is carried out by a test, from the error to what the person had wanted.

| command | named by | carried out by |
|---|---|---|
";

const PEOPLE_HEAD: &str = "
| whom to turn to | who that is | named by |
|---|---|---|
";
