//! The text of an invitation.

use keting_trust::Invitation;
use keting_trust::invitation::InvitationError;

use crate::samples::invitation;

#[test]
fn an_invitation_is_read_as_it_was_written_also_with_space_around_it() {
    let text = invitation().to_text();
    assert!(text.starts_with("keting1:"));
    assert_eq!(text.parse(), Ok(invitation()));
    assert_eq!(format!("  {text}\n").parse(), Ok(invitation()));
}

#[test]
fn an_invitation_never_shows_its_secret_in_a_log() {
    let shown = format!("{:?}", invitation());
    assert!(shown.contains("Secret(hidden)"));
    assert!(!shown.contains("171") && !shown.to_lowercase().contains("abab"));
}

#[test]
fn a_text_that_was_cut_or_changed_is_refused() {
    let text = invitation().to_text();
    for end in 0..text.len() {
        let cut: Result<Invitation, _> = text[..end].parse();
        assert_eq!(cut, Err(InvitationError::Malformed), "cut at {end}");
    }
    for (other, code) in [
        (text.replace("keting1:", "keting2:"), "invitation_malformed"),
        (format!("{text}="), "invitation_malformed"),
        (format!("{text}{}", "A".repeat(1024)), "invitation_malformed"),
        (text.replace("keting1:hwF", "keting1:hwJ"), "needs_newer_app"),
    ] {
        assert_ne!(other, text);
        let error = other.parse::<Invitation>().unwrap_err();
        assert_eq!(error.code(), code);
    }
}

#[test]
fn the_server_keeps_a_digest_that_differs_with_the_secret() {
    let secret = invitation().secret;
    assert_ne!(secret.digest().as_bytes()[..16], secret.as_bytes()[..]);
    let other = keting_trust::invitation::Secret::new([0xac; 16]);
    assert_ne!(secret.digest(), other.digest());
}
