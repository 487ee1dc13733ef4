//! Writes `tests/fixtures/chaoxiang` again; a test says when that is needed.

use keting_testkit::people::{CHAOXIANG_SEED, Shape, households_csv, make_city, regions_csv};

fn main() -> std::io::Result<()> {
    let folder =
        std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/chaoxiang"));
    let city = make_city(CHAOXIANG_SEED, &Shape::CHAOXIANG);
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("regions.csv"), regions_csv(&city))?;
    std::fs::write(folder.join("households.csv"), households_csv(&city))
}
