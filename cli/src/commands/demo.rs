//! The demo: the story told with a real server and real phones on this machine.

use crate::arguments::Demo;
use crate::exit::Failure;

/// Tells the story.
///
/// # Errors
/// When anything in it does not hold.
pub fn demo(arguments: &Demo) -> Result<(), Failure> {
    crate::demo::run(arguments)
}
