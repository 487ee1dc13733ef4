//! Writes the golden inputs of a target where libFuzzer looks for them: `write-seeds TARGET FOLDER`.
#![allow(clippy::unwrap_used, reason = "a tool for developers")]

use std::fs;
use std::path::PathBuf;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(target), Some(folder)) = (arguments.next(), arguments.next().map(PathBuf::from))
    else {
        panic!("write-seeds TARGET FOLDER");
    };
    fs::create_dir_all(&folder).unwrap();
    for (number, seed) in keting_fuzz::seeds::of_target(&target).into_iter().enumerate() {
        fs::write(folder.join(format!("golden-{number:03}")), seed).unwrap();
    }
}
