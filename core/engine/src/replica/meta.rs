//! The small facts a replica keeps about itself in its own file, and under which keys.

/// The incarnation the file writes under, 8 bytes.
pub const INCARNATION: &str = "replica/incarnation";
/// The token that must equal the vault's, 32 bytes.
pub const INCARNATION_TOKEN: &str = "replica/incarnation_token";
/// The last sequence number and hybrid time, as [`super::clock::Clock`].
pub const CLOCK: &str = "replica/clock";
/// The city's time, as [`super::city_clock::Kept`].
pub const CITY_TIME: &str = "replica/city_time";
/// The invitation's text, until the server has enrolled the device.
pub const INVITATION: &str = "city/invitation";
/// What enrolment gave, as [`super::membership::Membership`].
pub const MEMBERSHIP: &str = "city/membership";
/// The digests of the holder's own grants that an end of the device took.
pub const OWN_ENDED: &str = "city/own_ended";
/// Up to where the log is here, as a cursor.
pub const CURSOR: &str = "sync/cursor";
/// The highest place of the log that the server was heard to name, as a signed record.
pub const HEARD: &str = "sync/heard";
/// Whether the server's log was found to be another one, at the last contact.
pub const LOG_DIVERGED: &str = "sync/log_diverged";
/// How far an unfinished first sync has come.
pub const FIRST_SYNC: &str = "sync/first_sync";
/// When the server last said that everything is here, by its clock, milliseconds since the epoch.
pub const UP_TO_DATE_AT: &str = "sync/up_to_date_at_ms";
/// That the device was ended, as [`super::ended::Ended`], until it is enrolled once more or a server says
/// that everything is here.
pub const ENDED: &str = "sync/ended";
/// The last commit that the server numbered of an incarnation, and that was found here: incarnation,
/// sequence, digest.
pub const HIGHEST: &str = "sync/highest";
/// Which version last tried to read what was unread, and by which rules.
pub const READ_BY: &str = "sync/read_by";
