//! What people said differently of a field of a resident that stands in two parts: one wrote it in the
//! open while another, for whom the resident was concealed, wrote it in the private part. Only who reads
//! both can find out.

use std::collections::BTreeMap;

use crate::conflict::view::Found;
use crate::household::prefix;
use crate::projection::Cell;
use crate::query::{document, int, item};
use crate::rows::cbor_in;
use crate::said::{FieldSaid, Said};

/// Selects what [`between_parts`] reads.
macro_rules! select_between_parts {
    ($where:literal) => {
        concat!(
            "SELECT o.document, o.item, o.concealed, o.fields, p.fields FROM resident_open o ",
            "LEFT JOIN resident_private p ON p.household = o.document AND p.item = o.item ",
            $where
        )
    };
}
pub(super) use select_between_parts;

/// The conflicts about one resident who is or was concealed.
pub(super) fn between_parts(row: &[Cell]) -> Vec<Found> {
    let (Some(household), Some(resident)) = (document(row, 0), item(row, 1)) else {
        return Vec::new();
    };
    let concealed = int(row, 2) == Some(1);
    let mut fields: BTreeMap<String, [Vec<Said>; 2]> = BTreeMap::new();
    for (part, column) in [3, 4].into_iter().enumerate() {
        for FieldSaid { name, said } in cbor_in(row, column) {
            if let Some(of_part) = fields.entry(name).or_default().get_mut(part) {
                *of_part = said;
            }
        }
    }
    let conflicts = fields.into_iter().filter_map(|(name, [open, private])| {
        let (here, there) = if concealed { (private, open) } else { (open, private) };
        let field = FieldSaid { name, said: here.into_iter().chain(there).collect() };
        field.differs().then(|| Found {
            document: household,
            key: format!("{}{}", prefix(resident), field.name),
            home: household,
            said: field.said,
            facts: Vec::new(),
            meanwhile: Vec::new(),
        })
    });
    conflicts.collect()
}
