//! What is known of one resident has to fit together: the day of birth and the sex with the identity
//! number, and the days of what became of them with the day of birth and with each other.
//!
//! The rule cannot ask for it: the private part is another document, and two people who enter one half
//! each, apart, are both right as far as they see. Who enters the second half is told. Where people said
//! different things, anything that fits one of them is taken.

use crate::check::{InvalidValue, birth_date_of, contradict, sex_of};
use crate::command::CommandError;
use crate::day::Day;
use crate::draft::Draft;
use crate::fact::Said;
use crate::fields::Fields;
use crate::household::placing::{NewFact, Placing, prefix};
use crate::id::ItemId;
use crate::value::Value;
use crate::words;

const BIRTH_DATE: &str = "birth_date";
const ID_NUMBER: &str = "id_number";
const SEX: &str = "sex";
/// The day of what became of somebody.
const STATUS_AT: &str = "r/*/s/*/at";

impl Placing<'_> {
    /// Complains when a command enters something of a resident that contradicts what it enters with it,
    /// or what stands.
    pub(super) fn require_fitting(
        &self,
        resident: ItemId,
        fields: &Fields,
    ) -> Result<(), CommandError> {
        let known = Known { private: &self.private, resident, fields };
        known.require_one_birth()?;
        known.require_one_sex()?;
        if !known.enters(BIRTH_DATE) && !known.enters(ID_NUMBER) {
            return Ok(());
        }
        let said: Vec<Said> =
            self.current(resident).into_iter().filter_map(|fact| fact.said).collect();
        let days = said.iter().filter_map(|said| Day::parse(said.at.as_deref()?));
        match days.max().is_some_and(|last| known.is_born_after(last)) {
            true => Err(invalid(known.birth_field(), InvalidValue::BeforeBirth)),
            false => Ok(()),
        }
    }

    /// Complains of the day of what became of a resident if it is before their birth, or if they would have
    /// left before they came, or come before they left.
    pub(super) fn require_day_in_order(
        &self,
        resident: ItemId,
        fact: &NewFact<'_>,
    ) -> Result<(), CommandError> {
        let Some(day) = fact.at.and_then(|at| Day::parse(at.trim())) else { return Ok(()) };
        let known = Known { private: &self.private, resident, fields: &Fields::new() };
        if known.is_born_after(day) {
            return Err(invalid(STATUS_AT, InvalidValue::BeforeBirth));
        }
        let comes = |status: &str| status == words::LIVING;
        let said: Vec<Said> =
            self.current(resident).into_iter().filter_map(|fact| fact.said).collect();
        // Whoever says the same with another day corrects it.
        let fits = |said: &Said| {
            let last = said.at.as_deref().and_then(Day::parse);
            comes(&said.status) == comes(fact.status) || last.is_none_or(|last| last <= day)
        };
        match said.is_empty() || said.iter().any(fits) {
            true => Ok(()),
            false => Err(invalid(STATUS_AT, InvalidValue::BeforeLastStatus)),
        }
    }
}

/// Complains when a command that reaches only the private part enters another sex than the identity number
/// says.
pub(crate) fn require_one_sex(
    private: &Draft<'_>,
    resident: ItemId,
    fields: &Fields,
) -> Result<(), CommandError> {
    Known { private, resident, fields }.require_one_sex()
}

/// What a command enters of a resident, or else what stands.
struct Known<'k> {
    private: &'k Draft<'k>,
    resident: ItemId,
    fields: &'k Fields,
}

impl Known<'_> {
    /// Whether the command enters a field: more than that nobody knows it.
    fn enters(&self, name: &str) -> bool {
        self.fields.value(name).is_some_and(|given| *given != Value::Null)
    }

    fn texts(&self, name: &str) -> Vec<String> {
        let values = match self.fields.value(name) {
            Some(given) => vec![given.clone()],
            None => self.private.values(&format!("{}{name}", prefix(self.resident))),
        };
        let texts = values.iter().filter_map(Value::as_text).map(|text| text.trim().to_owned());
        texts.filter(|text| !text.is_empty()).collect()
    }

    fn require_one_birth(&self) -> Result<(), CommandError> {
        match self.fits([BIRTH_DATE, ID_NUMBER], |born, number| !contradict(born, number)) {
            true => Ok(()),
            false => Err(invalid("r/*/birth_date", InvalidValue::ContradictsIdNumber)),
        }
    }

    fn require_one_sex(&self) -> Result<(), CommandError> {
        let is_of = |sex: &str, number: &str| sex_of(number).is_none_or(|told| told == sex);
        match self.fits([SEX, ID_NUMBER], is_of) {
            true => Ok(()),
            false => Err(invalid("r/*/sex", InvalidValue::SexContradictsIdNumber)),
        }
    }

    /// Whether the command enters neither of two fields, or some values of theirs fit.
    fn fits(&self, names: [&str; 2], fit: impl Fn(&str, &str) -> bool) -> bool {
        let [one, other] = names.map(|name| self.texts(name));
        !names.iter().any(|name| self.enters(name))
            || one.is_empty()
            || other.is_empty()
            || one.iter().any(|one| other.iter().any(|other| fit(one, other)))
    }

    /// Whether the resident was born after a day by all that is known.
    fn is_born_after(&self, day: Day) -> bool {
        let written = self.texts(BIRTH_DATE);
        let numbers = self.texts(ID_NUMBER);
        let mut born = written.iter().filter_map(|born| Day::parse(born));
        let mut told = numbers.iter().filter_map(|number| birth_date_of(number));
        let first = born.by_ref().chain(told.by_ref()).min();
        first.is_some_and(|first| first > day)
    }

    /// Which of the two fields tells the birth that the command enters.
    fn birth_field(&self) -> &'static str {
        if self.enters(BIRTH_DATE) { "r/*/birth_date" } else { "r/*/id_number" }
    }
}

const fn invalid(field: &'static str, rule: InvalidValue) -> CommandError {
    CommandError::Invalid { field, rule }
}
