//! Who says that a device was ended: the city, with its issuing key, on this very connection. Whoever has
//! the server's TLS key can say it as well.

use keting::parts::replica_of;
use keting_scenarios::city::City;
use keting_scenarios::liar::{Liar, state};
use keting_scenarios::phone::Two;
use keting_sync::Refused;
use keting_sync::message::{Ended, ServerMessage};
use keting_trust::{DeviceId, Ending, Signed, Signer};

const WHY: &str = "已调离本村";

#[test]
fn nobody_but_the_city_ends_a_device_and_nobody_repeats_it_on_another_connection() {
    let city = City::start();
    let Two { alice, bob, household } = Two::in_city(&city);
    alice.change_address(household, "望潮苑1幢1单元104室");
    let mut liar = Liar::of(&city);
    let honest = liar.ending(&alice, WHY);
    let issuing = || &*liar.city.issuing;
    let lies = [
        refused(),
        said(honest.clone(), &liar.root),
        said(honest.clone(), replica_of(&bob.keting).signer()),
        said(Ending { device: DeviceId::new([7; 16]), ..honest.clone() }, issuing()),
        said(Ending { channel_binding: [8; 32], ..honest.clone() }, issuing()),
        said(Ending { log: keting_model::LogId::new([9; 16]), ..honest.clone() }, issuing()),
        said(Ending { city: keting_model::CityId::new([9; 16]), ..honest.clone() }, issuing()),
    ];
    let told = said(honest, issuing());
    let before = state(&alice);
    for lie in lies {
        let error = liar.say(&alice, vec![lie]).unwrap_err();
        assert_eq!((error.code(), state(&alice)), ("log_not_signed", before.clone()));
        assert!(!replica_of(&alice.keting).session_config().unwrap().told_of_end);
    }
    let error = liar.say(&alice, vec![told]).unwrap_err();
    assert_eq!(error.code(), "device_ended");
    assert_eq!(alice.keting.status().unwrap().ended.as_deref(), Some(WHY));
}

fn said(ending: Ending, key: &dyn Signer) -> ServerMessage {
    ServerMessage::Ended(Ended { proof: Signed::sign(ending, key).unwrap().into() })
}

fn refused() -> ServerMessage {
    ServerMessage::Refused(Refused {
        code: Refused::DEVICE_ENDED.to_owned(),
        retryable: false,
        message: WHY.to_owned(),
        versions: vec![1],
    })
}
