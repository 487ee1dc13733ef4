//! What a change is stamped with beside its operations, so that it says of itself what the signed
//! commit around it says.

use crate::city_time::CityTime;
use crate::id::{ActorId, CommandId};
use crate::time::HybridTime;

/// What a change is stamped with beside its operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The writer's sequence the change continues.
    pub actor: ActorId,
    /// Its place in the order of things, by the writer's hybrid clock.
    pub time: HybridTime,
    /// When, as the city counts it.
    pub city: CityTime,
    /// The command the change is part of.
    pub command: CommandId,
}

impl Stamp {
    /// The message of the change: the command's id and the city's time, and a question mark behind
    /// one that is uncertain.
    pub fn message(&self) -> String {
        message(self.command, self.city)
    }

    /// The command's id and the city's time, if a text is a message as [`Self::message`] writes it.
    pub fn read_message(text: &str) -> Option<(CommandId, CityTime)> {
        let (command, rest) = text.split_once(' ')?;
        let (unix_ms, uncertain) = match rest.strip_suffix(" ?") {
            Some(unix_ms) => (unix_ms, true),
            None => (rest, false),
        };
        let certain = CityTime::new(unix_ms.parse().ok()?);
        let city = if uncertain { certain.uncertain() } else { certain };
        let command = command.parse().ok()?;
        // Other ways to write the same are refused.
        (message(command, city) == text).then_some((command, city))
    }
}

fn message(command: CommandId, city: CityTime) -> String {
    let mark = if city.is_uncertain() { " ?" } else { "" };
    format!("{command} {}{mark}", city.unix_ms())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_back_and_in_its_one_form_only() {
        let command = CommandId::new([0xab; 8]);
        for city in [CityTime::new(0), CityTime::new(u64::MAX), CityTime::new(7).uncertain()] {
            let stamp =
                Stamp { actor: ActorId::new([1; 10]), time: HybridTime::default(), city, command };
            assert_eq!(Stamp::read_message(&stamp.message()), Some((command, city)));
        }
        for wrong in [
            "abababababababab",
            "abababababababab ",
            "abababababababab 07",
            "abababababababab +7",
            "abababababababab 7?",
            "abababababababab 7 ? ",
            "abababababababab 140737488355328",
            "ABABABABABABABAB 7",
            "ab 7",
        ] {
            assert_eq!(Stamp::read_message(wrong), None, "{wrong}");
        }
    }
}
