//! The form of a golden file of frames: a sentence, lines of a key and a value, and the frames in
//! hexadecimal, long runs of a byte written short.
#![allow(clippy::unwrap_used, reason = "a tool of tests")]

use std::fmt::Write as _;

/// Runs of a byte at least this long are written short.
const RUN_MIN: usize = 32;

/// A golden file: its name, a sentence, some lines `key = value`, and frames.
#[derive(Debug)]
pub struct Golden {
    /// The name of its file.
    pub name: String,
    /// What it shows.
    pub sentence: String,
    /// What else is to be known of it.
    pub lines: Vec<(&'static str, String)>,
    /// The frames.
    pub frames: Vec<Vec<u8>>,
}

impl Golden {
    /// The text of the file.
    pub fn to_text(&self) -> String {
        let mut text = format!("# {}\n", self.sentence);
        for (key, value) in &self.lines {
            writeln!(text, "{key} = {value}").unwrap();
        }
        for frame in &self.frames {
            writeln!(text, "frame = {}", short(frame)).unwrap();
        }
        text
    }

    /// The frames in such a text.
    ///
    /// # Panics
    /// When it is not one.
    pub fn frames_of(text: &str) -> Vec<Vec<u8>> {
        text.lines().filter_map(|line| line.strip_prefix("frame =")).map(long).collect()
    }
}

fn short(frame: &[u8]) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut plain = String::new();
    for run in frame.chunk_by(|a, b| a == b) {
        if run.len() < RUN_MIN {
            plain.extend(run.iter().map(|byte| format!("{byte:02x}")));
        } else {
            words.push(std::mem::take(&mut plain));
            words.push(format!("{:02x}*{}", run[0], run.len()));
        }
    }
    words.push(plain);
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

fn long(line: &str) -> Vec<u8> {
    let mut frame = Vec::new();
    for word in line.split_whitespace() {
        match word.split_once('*') {
            Some((byte, count)) => {
                let byte = hex::decode(byte).unwrap()[0];
                frame.resize(frame.len() + count.parse::<usize>().unwrap(), byte);
            }
            None => frame.extend(hex::decode(word).unwrap()),
        }
    }
    frame
}

#[test]
fn a_frame_is_written_short_and_read_back() {
    let mut frame = vec![1, 2, 2, 3];
    frame.resize(500, 0);
    frame.push(7);
    assert_eq!(short(&frame), "01020203 00*496 07");
    assert_eq!(long(" 01020203 00*496 07"), frame);
    assert_eq!(long(&short(&[])), Vec::<u8>::new());
}
