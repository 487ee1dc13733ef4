use super::*;

#[test]
fn a_city_is_made_with_its_regions_as_commits_and_without_its_root_key() {
    let dir = tempfile::tempdir().unwrap();
    let root = make(dir.path(), TABLE).unwrap();
    let mut store = SqliteStore::open(&store_path(dir.path())).unwrap();
    let read = store.snapshot().unwrap();
    let city = City::read(&*read).unwrap();
    assert_eq!((city.id, &city.root), (root.city, &root.public));
    let head = read.head().unwrap().unwrap();
    assert_eq!((head.number, head.regions_number, head.grants_number), (5, 5, 2));
    let village = read.region_by_code("990481001001").unwrap().unwrap();
    let town = read.region_by_code("990481001").unwrap().unwrap();
    assert_eq!((village.parent, village.level.as_str()), (Some(town.document), "village"));
    let bytes = std::fs::read(store_path(dir.path())).unwrap();
    assert!(!bytes.windows(32).any(|window| window == *root.seed));
}

#[test]
fn a_second_city_is_refused_and_a_bad_table_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let bad = make(dir.path(), "990481,A,city,,,\n1,B,town,7,,\n").unwrap_err();
    assert_eq!(bad.code(), "regions_unknown_parent");
    assert_eq!(make(dir.path(), "").unwrap_err().code(), "regions_empty");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    make(dir.path(), TABLE).unwrap();
    assert_eq!(make(dir.path(), TABLE).unwrap_err().code(), "city_exists");
}

#[test]
fn what_an_interrupted_attempt_left_does_not_stand_in_the_way() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("server.sqlite.part"), b"half").unwrap();
    make(dir.path(), TABLE).unwrap();
}

const TABLE: &str = "990481,海宁市,city,,,\n\
                     990481001,硖石街道,town,990481,,\n\
                     990481001001,朝向村,village,990481001,东至河,王五\n";

fn make(dir: &Path, rows: &str) -> Result<RootKey, InitError> {
    let table = format!("code,name,level,parent_code,boundary,head\n{rows}");
    init(dir, "海宁市", table.as_bytes(), &mut crate::testing::Seeded(7), 1_700_000_000_000)
}
