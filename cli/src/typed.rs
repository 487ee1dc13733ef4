//! What somebody typed into a form, in the form's own types. The engine names the first field that does not
//! take what was typed into it; whoever types a line is told of all of them at once.

use keting::input::{Checked, Field, Refused, check};
use keting::words::CareTag;
use keting::{CityTime, Day, Keting, Warning};

use crate::device::wait;
use crate::exit::Failure;

/// What was typed so far.
#[derive(Debug)]
pub struct Typed {
    now: CityTime,
    refused: Vec<Refused>,
    cautions: Vec<Warning>,
}

impl Typed {
    /// Begins with nothing typed, on the city's day.
    ///
    /// # Errors
    /// When the device cannot be used.
    pub fn on(keting: &Keting) -> Result<Self, Failure> {
        let now = wait(keting.now())?;
        Ok(Self { now, refused: Vec::new(), cautions: Vec::new() })
    }

    /// A text that has to be there.
    pub fn text(&mut self, field: Field, typed: String) -> String {
        self.value(field, &typed);
        typed
    }

    /// A text of something new: an empty one is none.
    pub fn given(&mut self, field: Field, typed: Option<String>) -> Option<String> {
        typed.map(|typed| self.text(field, typed)).filter(|typed| !typed.is_empty())
    }

    /// A text of an edit, if the field is mentioned: an empty one clears it.
    pub fn edited(&mut self, field: Field, typed: Option<String>) -> Option<Option<String>> {
        typed.map(|typed| Some(self.text(field, typed)).filter(|typed| !typed.is_empty()))
    }

    /// A word of those that a field chooses from; none if nothing was typed, or it is none of them.
    pub fn word<W>(
        &mut self,
        field: Field,
        typed: &str,
        of_code: impl FnOnce(&str) -> Option<W>,
    ) -> Option<W> {
        self.value(field, typed).and_then(|code| of_code(&code))
    }

    /// The care tags of some words.
    pub fn care_tags(&mut self, typed: &[String]) -> Vec<CareTag> {
        typed.iter().filter_map(|tag| self.word(Field::CareTag, tag, CareTag::of_code)).collect()
    }

    /// A day.
    pub fn day(&mut self, field: Field, typed: &str) -> Option<Day> {
        self.word(field, typed, |day| day.parse().ok())
    }

    /// What should be looked at again of what was typed, if every field takes what was typed into it.
    ///
    /// # Errors
    /// When one does not.
    pub fn cautions(self) -> Result<Vec<Warning>, Failure> {
        if self.refused.is_empty() { Ok(self.cautions) } else { Err(Failure::Fields(self.refused)) }
    }

    /// The one form of what was typed into a field, if it takes it.
    fn value(&mut self, field: Field, typed: &str) -> Option<String> {
        match check(field, typed, self.now) {
            Ok(checked) => {
                self.caution(field, &checked);
                Some(checked.value)
            }
            Err(refused) => {
                self.refused.push(refused);
                None
            }
        }
    }

    /// What a typed text leaves out or fills in: of a day or a word alone nobody can tell any more.
    fn caution(&mut self, field: Field, checked: &Checked) {
        let field = field.name();
        if checked.is_kept_as_other {
            self.cautions.push(Warning::KeptAsOther { field });
        }
        let day = checked.is_of_last_year.then(|| checked.value.parse().ok()).flatten();
        self.cautions.extend(day.map(|day| Warning::DayOfLastYear { field, day }));
    }
}
