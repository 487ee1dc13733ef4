//! The rows of a page, read for its households alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::conflict::conflict_counts_of;
use crate::household::{HouseholdView, ResidentView, households_given};
use crate::id::DocumentId;
use crate::kind::DocumentKind;
use crate::query::{Rows, Withheld, document, given, given_ids, int, text};
use crate::roster::HouseholdRow;
use crate::roster::chosen::tags_of;
use crate::words;

/// What a row shows beside what a list of everything shows of a household.
#[derive(Default)]
struct Also {
    region: Option<String>,
    last_visit: Option<String>,
    open_needs: u64,
}

/// The rows of some households, in their order.
pub(super) fn rows_of<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    households: &[DocumentId],
    not_sent: &BTreeSet<DocumentId>,
    drafts: &BTreeSet<DocumentId>,
) -> Result<Vec<HouseholdRow>, R::Error> {
    let views = households_given(rows, withheld, households)?;
    let mut views: BTreeMap<_, _> = views.into_iter().map(|view| (view.id, view)).collect();
    let conflicts = conflict_counts_of(rows, withheld, households)?;
    let mut also = also(rows, withheld, households)?;
    let row = |id: &DocumentId| {
        let view = views.remove(id)?;
        let Also { region, last_visit, open_needs } = also.remove(id).unwrap_or_default();
        Some(HouseholdRow {
            id: *id,
            region,
            call: number_to_call(&view),
            people: view.living_here as u64,
            tags: tags_of(&view).into_iter().map(str::to_owned).collect(),
            address: view.address,
            head: view.head,
            last_visit,
            open_needs,
            conflicts: conflicts.get(id).copied().unwrap_or(0),
            not_sent: not_sent.contains(id),
            draft: drafts.contains(id),
        })
    };
    Ok(households.iter().filter_map(row).collect())
}

fn also<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    households: &[DocumentId],
) -> Result<BTreeMap<DocumentId, Also>, R::Error> {
    const SQL: &str = given_ids!(
        "SELECT given.document, g.name, CASE WHEN ?2 IS NULL THEN r.last_visit ELSE \
         (SELECT max(v.at) FROM visit v WHERE v.household = given.document \
          AND EXISTS (SELECT 1 FROM author a WHERE a.actor = v.actor AND a.device = ?2) AND NOT EXISTS ( \
          SELECT 1 FROM withdrawal w WHERE w.document = given.document AND w.withdrawn = 1 \
          AND w.item = CAST('v/' || lower(hex(v.item)) || '/w' AS BLOB))) END, \
         (SELECT count(*) FROM need n WHERE n.document = given.document \
          AND n.withdrawn = 0 AND n.status IN ('open', 'in_progress')) \
         FROM given CROSS JOIN roster r ON r.household = given.document \
         LEFT JOIN region g ON g.document = r.region"
    );
    let reads_visits = !withheld.withholds(DocumentKind::HouseholdVisits);
    let mut found = BTreeMap::new();
    let only_of = withheld.only_of(DocumentKind::HouseholdVisits);
    rows.query(SQL, &[given(households), only_of], &mut |row| {
        let Some(household) = document(row, 0) else { return };
        let last_visit = text(row, 2).filter(|day| reads_visits && !day.is_empty());
        let open_needs = int(row, 3).and_then(|count| u64::try_from(count).ok()).unwrap_or(0);
        found.insert(household, Also { region: text(row, 1), last_visit, open_needs });
    })?;
    Ok(found)
}

/// The head's number, or else that of the first who lives there and has one.
fn number_to_call(household: &HouseholdView) -> Option<String> {
    let is_head = |resident: &&ResidentView| {
        resident.is_there && resident.relation.as_deref() == Some(words::HEAD)
    };
    let heads = household.residents.iter().filter(is_head);
    let living = household.residents.iter().filter(|resident| resident.lives_here());
    heads.chain(living).find_map(|resident| resident.phone.clone())
}
