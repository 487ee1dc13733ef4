//! What apps see of the library as it was built for this test run.
#![allow(clippy::unwrap_used)]

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use keting_bindgen::{Language, ffi_folder, generate, listing};

/// The library lies beside the test, since the test depends on it.
fn library() -> Utf8PathBuf {
    let own = Utf8PathBuf::from_path_buf(std::env::current_exe().unwrap()).unwrap();
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    own.parent().unwrap().join(format!("{prefix}keting_ffi{suffix}"))
}

fn generated(language: Language) -> String {
    let folder = tempfile::tempdir().unwrap();
    generate(&library(), language, Utf8Path::from_path(folder.path()).unwrap()).unwrap()
}

#[test]
fn what_apps_see_of_the_library_is_as_it_is_listed() {
    let listed = ffi_folder().join("api.txt");
    let found = listing(&library()).unwrap();
    if std::env::var_os("KETING_BLESS").is_some() {
        fs::write(&listed, &found).unwrap();
    }
    let expected = fs::read_to_string(&listed).unwrap();
    assert!(found == expected, "api.txt differs; KETING_BLESS=1 writes it, for a reviewer to read");
}

#[test]
fn the_kotlin_that_is_made_holds_nothing_changeable_and_nothing_of_android() {
    let kotlin = generated(Language::Kotlin);
    let record = kotlin.split("data class NewVisit").nth(1).unwrap();
    let fields = record.split(')').next().unwrap();
    assert!(fields.contains("val `purpose`") && !fields.contains("var "), "{fields}");
    assert!(!kotlin.contains("androidx"));
    assert!(!kotlin.contains("uniffiCheckApiChecksums"), "checksums fail on 32-bit ARM");
}

#[test]
fn the_swift_that_is_made_never_ends_an_app_where_a_call_fails() {
    let swift = generated(Language::Swift);
    // Of an object only its handle is counted and its memory given back without a way to fail.
    let harmless = ["_fn_clone_", "_fn_free_", "_rustbuffer_"];
    let calls: Vec<&str> = swift.split("try! rustCall").skip(1).collect();
    assert!(calls.len() > harmless.len());
    for call in calls {
        let call: String = call.chars().take(80).collect();
        assert!(harmless.iter().any(|what| call.contains(what)), "{call}");
    }
}
