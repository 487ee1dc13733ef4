//! The SQL behind lists of households and the page of one.

use crate::query::{given_ids, regions_below};
use crate::withdrawal;

/// The columns that [`super::query`] and [`super::person`] read, in their order. A list leaves out the
/// last ones, which it does not show: they count as null.
macro_rules! select {
    (households $from:literal) => {
        concat!(
            "SELECT h.document, h.address, g.code, h.address_code, h.tenure, h.address_order ",
            $from
        )
    };
    (residents $from:literal) => {
        concat!(
            "SELECT r.document, r.item, r.name, r.relation, r.phone, r.bond, r.care_tags, r.status, ",
            // One fact that is said here needs no second look.
            "CASE WHEN r.status IS NULL OR r.facts_current <> 1 THEN r.facts END, r.concealed ",
            $from
        )
    };
    (residents in full $from:literal) => {
        concat!(
            "SELECT r.document, r.item, r.name, r.relation, r.phone, r.bond, r.care_tags, r.status, ",
            "r.facts, r.concealed, r.earlier ",
            $from
        )
    };
    (private $from:literal) => {
        concat!(
            "SELECT p.household, p.item, p.id_number, p.phone, p.bond, p.care_tags, p.facts ",
            $from
        )
    };
    (private in full $from:literal) => {
        concat!(
            "SELECT p.household, p.item, p.id_number, p.phone, p.bond, p.care_tags, p.facts, ",
            "p.birth_date, p.sex, p.health, p.disability ",
            $from
        )
    };
    (open $from:literal) => {
        concat!("SELECT o.document, o.item, o.fields, o.facts ", $from)
    };
}

/// The queries of one list: households, residents, and what is private of them. Their parameters are the
/// region or household, if they are about one, and of the first two the most that may stand in the column
/// `withdrawn`.
pub(super) struct Scope {
    pub(super) households: &'static str,
    pub(super) residents: &'static str,
    pub(super) private: &'static str,
    /// What still stands in the open of who is concealed.
    pub(super) open: &'static str,
    pub(super) withdrawals: &'static str,
    pub(super) in_full: bool,
}

/// Of everything that is here.
pub(super) const ALL: Scope = Scope {
    households: select!(households
        "FROM household h LEFT JOIN region g ON g.document = h.region WHERE h.withdrawn <= ?1"),
    residents: select!(residents
        "FROM resident r WHERE r.withdrawn <= ?1 ORDER BY r.document, r.item"),
    private: select!(private "FROM resident_private p"),
    open: select!(open "FROM resident_open o WHERE o.concealed = 1"),
    withdrawals: withdrawal::OF_ALL,
    in_full: false,
};

/// Of a region and below it. `CROSS JOIN` fixes the order of the loops: regions, their households, their residents.
pub(super) const BELOW: Scope = Scope {
    households: regions_below!(select!(households
        "FROM below CROSS JOIN household h ON h.region = below.document \
         LEFT JOIN region g ON g.document = h.region WHERE h.withdrawn <= ?2")),
    residents: regions_below!(select!(residents
        "FROM below CROSS JOIN household h ON h.region = below.document \
         CROSS JOIN resident r ON r.document = h.document WHERE r.withdrawn <= ?2")),
    private: regions_below!(select!(private
        "FROM below CROSS JOIN household h ON h.region = below.document \
         CROSS JOIN resident_private p ON p.household = h.document")),
    open: regions_below!(select!(open
        "FROM below CROSS JOIN household h ON h.region = below.document \
         CROSS JOIN resident_open o ON o.document = h.document WHERE o.concealed = 1")),
    withdrawals: withdrawal::BELOW,
    in_full: false,
};

/// Of some households, wherever they are.
pub(super) const GIVEN: Scope = Scope {
    households: given_ids!(select!(households
        "FROM given CROSS JOIN household h ON h.document = given.document \
         LEFT JOIN region g ON g.document = h.region WHERE h.withdrawn <= ?2")),
    residents: given_ids!(select!(residents
        "FROM given CROSS JOIN resident r ON r.document = given.document WHERE r.withdrawn <= ?2")),
    private: given_ids!(select!(private
        "FROM given CROSS JOIN resident_private p ON p.household = given.document")),
    open: given_ids!(select!(open
        "FROM given CROSS JOIN resident_open o ON o.document = given.document WHERE o.concealed = 1")),
    withdrawals: withdrawal::OF_GIVEN,
    in_full: false,
};

/// Of one household, in full.
pub(super) const ONE: Scope = Scope {
    households: select!(households
        "FROM household h LEFT JOIN region g ON g.document = h.region \
         WHERE h.document = ?1 AND h.withdrawn <= ?2"),
    residents: select!(residents in full
        "FROM resident r WHERE r.document = ?1 AND r.withdrawn <= ?2 ORDER BY r.item"),
    private: select!(private in full "FROM resident_private p WHERE p.household = ?1"),
    open: select!(open "FROM resident_open o WHERE o.document = ?1 AND o.concealed = 1"),
    withdrawals: withdrawal::OF_ONE,
    in_full: true,
};
