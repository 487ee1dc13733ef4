//! Who turned fourteen and is still concealed, with what to type to reveal them.

use std::path::Path;

use keting::views::TurnedFourteen;
use keting::{ItemId, Keting};

use crate::device::wait;
use crate::exit::Failure;
use crate::output::{self, shell_word};

/// So many are named at most where it is about all that is here.
const NAMED_MAX: usize = 10;

/// Those whom the holder may reveal.
pub struct Fourteen {
    all: Vec<TurnedFourteen>,
    data: String,
}

impl Fourteen {
    /// Reads who they are, on the device in a directory.
    ///
    /// # Errors
    /// When the device cannot be read.
    pub fn read(keting: &Keting, data: &Path) -> Result<Self, Failure> {
        let data = shell_word(&data.display().to_string());
        Ok(Self { all: wait(keting.turned_fourteen())?, data })
    }

    /// What to do about a resident, if they are one of them.
    pub fn to_do(&self, resident: &ItemId) -> Option<String> {
        let one = self.all.iter().find(|one| one.resident == *resident)?;
        let command = self.command(one);
        Some(format!("已满十四周岁，恢复公开请输入 fourteen now, to reveal type: {command}"))
    }

    /// Prints how many there are, and of the first what to type.
    ///
    /// # Errors
    /// When standard output is closed.
    pub fn print(&self) -> Result<(), Failure> {
        let count = self.all.len();
        if count == 0 {
            return Ok(());
        }
        output::line(format!(
            "待办 to do: {count} 人已满十四周岁仍只公开姓名，恢复公开请输入 turned fourteen and still concealed, to \
             reveal type:"
        ))?;
        for one in self.all.iter().take(NAMED_MAX) {
            output::line(format!("  {}  {}", one.name, self.command(one)))?;
        }
        match count.saturating_sub(NAMED_MAX) {
            0 => Ok(()),
            more => output::line(format!("  （另有 {more} 人 and {more} more）")),
        }
    }

    /// The same for machines.
    pub fn all(&self) -> &[TurnedFourteen] {
        &self.all
    }

    fn command(&self, one: &TurnedFourteen) -> String {
        let TurnedFourteen { household, resident, .. } = one;
        format!("keting resident reveal {household} {resident} --data {}", self.data)
    }
}
