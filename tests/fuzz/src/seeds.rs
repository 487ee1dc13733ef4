//! What fuzzing starts from: the golden files.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use keting_model::household::HouseholdCommand;
use keting_model::{CityTime, Command, Document, DocumentId, DocumentKind, Fields};
use keting_testkit::golden::Golden;

/// What the names of the golden files of records begin with.
const RECORDS: [&str; 10] = [
    "announcement.",
    "confirmation.",
    "decision.",
    "ending.",
    "enrolment.",
    "erasure.",
    "heard.",
    "key.",
    "revocation.",
    "verdict.",
];

/// The people of the guard's golden story.
pub const ACTORS: [[u8; 10]; 4] = [[0xa1; 10], [0xb0; 10], [0xca; 10], [0xee; 10]];

/// The guard's golden story: the document before each change and the change; last, the document with
/// all of them and no change.
pub fn story() -> &'static [(Document, Vec<u8>)] {
    static STORY: OnceLock<Vec<(Document, Vec<u8>)>> = OnceLock::new();
    STORY.get_or_init(|| {
        let mut known = Document::empty(DocumentId::from_random(DocumentKind::Household, [7; 14]));
        let mut story = Vec::new();
        for change in hex_files("guard/valid", "") {
            story.push((known.clone(), change.clone()));
            known.apply(&change).unwrap();
        }
        story.push((known, Vec::new()));
        story
    })
}

/// Every golden frame of a device.
pub fn device_frames() -> Vec<Vec<u8>> {
    static FRAMES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    FRAMES.get_or_init(|| frames(|number| number < 16)).clone()
}

/// Every golden frame of a server.
pub fn server_frames() -> Vec<Vec<u8>> {
    static FRAMES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    FRAMES.get_or_init(|| frames(|number| number >= 16)).clone()
}

/// The inputs a target begins with. Some begin with nothing better than a few plain bytes.
pub fn of_target(target: &str) -> Vec<Vec<u8>> {
    match target {
        "commit" => hex_files("trust/valid", "commit."),
        "grant" => hex_files("trust/valid", "grant."),
        "record" => RECORDS.iter().flat_map(|name| hex_files("trust/valid", name)).collect(),
        "invitation" => hex_files("trust/valid", "invitation."),
        "device_frame" => device_frames(),
        "server_frame" => server_frames(),
        "change_bytes" => {
            let mut all = hex_files("guard/valid", "");
            all.extend(hex_files("guard/invalid", ""));
            all
        }
        "regions_table" => vec![fs::read(fixtures().join("chaoxiang/regions.csv")).unwrap()],
        "typed_field" => crate::typed::seeds(),
        "stored_values" => story().iter().map(|(document, _)| document.save()).collect(),
        "command" => vec![household_is_added()],
        _ => (0..16_u8).map(|seed| plain(seed, 512)).collect(),
    }
}

fn household_is_added() -> Vec<u8> {
    let add = HouseholdCommand::Add {
        household: DocumentId::from_random(DocumentKind::Household, [7; 14]),
        region: DocumentId::from_random(DocumentKind::Region, [8; 14]),
        fields: Fields::new().with("address", "褚石村 12 号"),
        residents: Vec::new(),
        time: CityTime::new(1_770_000_000_000),
    };
    Command::Household(add).to_bytes()
}

/// Bytes that look like nothing, for targets that make their input themselves.
fn plain(seed: u8, length: usize) -> Vec<u8> {
    let mut rng = keting_testkit::rng::Rng::new(u64::from(seed));
    let mut bytes = vec![0; length];
    rng.fill(&mut bytes);
    bytes
}

fn frames(is_wanted: impl Fn(u32) -> bool) -> Vec<Vec<u8>> {
    let folder = fixtures().join("golden/sync/valid");
    let mut frames = Vec::new();
    for path in files(&folder) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let number = name.split('-').next().unwrap().parse::<u32>().unwrap();
        if is_wanted(number) {
            let text = fs::read_to_string(path).unwrap();
            frames.extend(Golden::frames_of(&text));
        }
    }
    frames
}

fn hex_files(folder: &str, prefix: &str) -> Vec<Vec<u8>> {
    let of_prefix = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(prefix) && name.ends_with(".hex")
    };
    let paths = files(&fixtures().join("golden").join(folder)).into_iter().filter(of_prefix);
    paths
        .map(|path| {
            let text = fs::read_to_string(path).unwrap();
            hex::decode(text.lines().collect::<String>()).unwrap()
        })
        .collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}
