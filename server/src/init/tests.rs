use keting_model::region::Level;

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
    assert_eq!((village.parent, village.level), (Some(town.document), Level::Village));
    let bytes = std::fs::read(store_path(dir.path())).unwrap();
    assert!(!bytes.windows(32).any(|window| window == *root.seed));
}

#[test]
fn a_second_city_is_refused_and_a_bad_table_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let bad = make(dir.path(), "990481,海宁市,city,,,\n1,B,town,7,,\n").unwrap_err();
    assert_eq!(bad.code(), "regions_unknown_parent");
    assert_eq!(make(dir.path(), "").unwrap_err().code(), "regions_empty");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    make(dir.path(), TABLE).unwrap();
    let key = std::fs::read(dir.path().join("root.key")).unwrap();
    assert_eq!(make(dir.path(), TABLE).unwrap_err().code(), "city_exists");
    assert_eq!(std::fs::read(dir.path().join("root.key")).unwrap(), key);
}

#[test]
fn whatever_broke_off_the_next_attempt_makes_a_city_whose_root_key_is_in_its_file() {
    for steps in 0..=4 {
        let dir = tempfile::tempdir().unwrap();
        let root_key = dir.path().join("root.key");
        let place = Place { directory: dir.path(), root_key: &root_key };
        break_off_after(steps, place);
        let root = make(dir.path(), TABLE).unwrap();
        let text = std::fs::read_to_string(&root_key).unwrap();
        let seed: String = root.seed.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(text.contains(&format!("city {}\n", root.city)), "after {steps} steps: {text}");
        assert!(text.ends_with(&format!("seed {seed}\n")), "after {steps} steps");
        let mut store = SqliteStore::open(&store_path(dir.path())).unwrap();
        let city = City::read(&*store.snapshot().unwrap()).unwrap();
        assert_eq!((city.id, &city.root), (root.city, &root.public));
        certificate::load(dir.path()).unwrap();
    }
}

#[test]
fn a_root_key_that_is_there_already_is_kept_and_no_city_is_made() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("root.key"), "keting root key 1\ncity 00\n").unwrap();
    assert_eq!(make(dir.path(), TABLE).unwrap_err().code(), "root_key_exists");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn no_city_stands_when_its_root_key_cannot_be_written() {
    let dir = tempfile::tempdir().unwrap();
    let no_folder = dir.path().join("file");
    std::fs::write(&no_folder, "").unwrap();
    let place = Place { directory: dir.path(), root_key: &no_folder.join("root.key") };
    assert_eq!(make_in(place, TABLE).unwrap_err().code(), "file_unusable");
    assert!(!store_path(dir.path()).exists());
    // The same when the folder goes while the city is being made.
    let root_key = dir.path().join("stick/root.key");
    std::fs::create_dir(dir.path().join("stick")).unwrap();
    let key_file = KeyFile::begin(&root_key).unwrap();
    std::fs::remove_dir_all(dir.path().join("stick")).unwrap();
    let place = Place { directory: dir.path(), root_key: &root_key };
    let root = store_of(place, 1).unwrap();
    assert!(key_file.finish(&root).is_err());
    assert!(!store_path(dir.path()).exists());
}

#[cfg(unix)]
#[test]
fn the_store_is_only_for_its_owner_from_its_first_moment() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("city");
    let root_key = dir.path().join("root.key");
    let place = Place { directory: &folder, root_key: &root_key };
    place.clear().unwrap();
    assert_eq!(mode(&folder), 0o700);
    let mut store = SqliteStore::open(&place.part()).unwrap();
    store.begin().unwrap().set_meta("key", b"value").unwrap();
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    drop(store);
    make_in(place, TABLE).unwrap();
    assert_eq!(mode(&store_path(&folder)), 0o600);
}

#[cfg(unix)]
#[test]
fn no_city_is_made_where_others_may_write() {
    use std::os::unix::fs::PermissionsExt;
    for mode in [0o777, 0o770, 0o702] {
        let dir = tempfile::tempdir().unwrap();
        std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(mode)).unwrap();
        assert_eq!(make(dir.path(), TABLE).unwrap_err().code(), "folder_not_private");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}

/// Takes the steps of [`init`] one by one, and stops.
fn break_off_after(steps: usize, place: Place<'_>) {
    if steps == 0 {
        return std::fs::write(place.part(), b"half").unwrap();
    }
    let root = store_of(place, 8).unwrap();
    if steps > 1 {
        certificate::make(place.directory).unwrap();
    }
    if steps == 3 {
        std::mem::forget(KeyFile::begin(place.root_key).unwrap());
    }
    if steps > 3 {
        KeyFile::begin(place.root_key).unwrap().finish(&root).unwrap();
    }
}

fn store_of(place: Place<'_>, seed: u64) -> Result<RootKey, InitError> {
    let table = format!("code,name,level,parent_code,boundary,head\n{TABLE}");
    let lines = read_regions(table.as_bytes(), "海宁市")?;
    let random = &mut crate::testing::Seeded(seed);
    place.make_store("海宁市", &lines, random, 1_700_000_000_000, &mut |_, _| {})
}

const TABLE: &str = "990481,海宁市,city,,,\n\
                     990481001,硖石街道,town,990481,,\n\
                     990481001001,朝向村,village,990481001,东至河,王五\n";

fn make(dir: &Path, rows: &str) -> Result<RootKey, InitError> {
    make_in(Place { directory: dir, root_key: &dir.join("root.key") }, rows)
}

fn make_in(place: Place<'_>, rows: &str) -> Result<RootKey, InitError> {
    let table = format!("code,name,level,parent_code,boundary,head\n{rows}");
    let mut told = Vec::new();
    let random = &mut crate::testing::Seeded(7);
    let mut progress = |admitted, of| told.push((admitted, of));
    let made = init(place, "海宁市", table.as_bytes(), random, 1_700_000_000_000, &mut progress);
    // Whoever waits sees how far it is, to the end.
    let all = rows.lines().count();
    assert!(made.is_err() || told.last() == Some(&(all, all)), "{told:?}");
    made
}
