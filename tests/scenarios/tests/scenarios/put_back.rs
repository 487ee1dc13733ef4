//! A server that was put back from a copy: it may not number new work over what it has forgotten.

use std::path::Path;

use keting_scenarios::city::MICRO_GRID;
use keting_scenarios::device::Device;
use keting_scenarios::served::ServedCity;

#[test]
fn work_for_a_server_that_was_put_back_from_a_copy_is_kept_and_goes_out_once_it_has_its_log_again()
{
    let mut city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let bob = city.device("刘平杰", "micro_grid_head", MICRO_GRID);
    let enter = |address| {
        let add = ["household", "add", "--region", MICRO_GRID, "--address", address];
        alice.run(&add).done();
    };
    city.stop();
    let (data, copy, ahead) = (city.server_directory(), city.path("copy"), city.path("ahead"));
    copy_folder(&data, &copy);
    city.serve();
    enter("望潮苑1幢1单元101室");
    alice.run(&["sync"]).done();
    city.stop();
    copy_folder(&data, &ahead);
    put_back(&copy, &data);
    city.serve();

    // Bob has never heard of what is lost: for him it is the server it always was.
    bob.run(&["sync"]).done();
    enter("望潮苑1幢1单元102室");
    assert_eq!(alice.run(&["sync"]).refusal().1, "log_diverged");
    assert_eq!(parted_waiting_held(&alice), (true, 1, 0));
    let said = alice.run(&["status"]).done().out;
    assert!(said.contains("请保留本机的数据并联系社区或镇里的系统管理员"), "{said}");
    let log = city.log();
    assert!(log.contains("log_diverged") && !log.contains("望潮苑"), "{log}");
    assert!(city.get("/metrics").1.contains("keting_logs_diverged_total 1"));

    city.stop();
    put_back(&ahead, &data);
    city.serve();
    alice.run(&["sync"]).done();
    bob.run(&["sync"]).done();
    for device in [&alice, &bob] {
        assert_eq!(parted_waiting_held(device), (false, 0, 0));
    }
    city.verify().done();
}

fn parted_waiting_held(device: &Device) -> (bool, u64, u64) {
    let status = device.json(&["status"]);
    let count = |name: &str| status[name].as_u64().unwrap();
    (status["log_diverged"].as_bool().unwrap(), count("waiting"), count("held"))
}

fn put_back(from: &Path, to: &Path) {
    std::fs::remove_dir_all(to).unwrap();
    copy_folder(from, to);
}

fn copy_folder(from: &Path, to: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::create_dir(to).unwrap();
    std::fs::set_permissions(to, std::fs::Permissions::from_mode(0o700)).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        if file.file_type().unwrap().is_file() {
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
}
