//! What is set, and by whom.

use crate::door::Place;

#[test]
fn a_file_names_servers() {
    let place = Place::new().file("fmcp.toml", "[servers.mine]\ncommand = \"$SERVER\"\n");
    place
        .fmcp(&["call", "mine", "add", "a=1"])
        .well()
        .shows(&["2"]);
}

#[test]
fn each_setting_says_where_it_comes_from() {
    let place = Place::new()
        .file("fmcp.toml", "timeout = \"7s\"\nconnect_timeout = 8\n")
        .variable("FMCP_TIMEOUT", "9s")
        .variable("FASTMCP_LOG_LEVEL", "INFO")
        .variable("FMCP_AUTH", "sk-secret");
    let said = place
        .fmcp(&["config", "explain", "--json", "--color", "never"])
        .well();
    let json = said.json();
    let of = |key: &str| {
        let all = json["settings"].as_array().unwrap();
        let one = all.iter().find(|one| one["setting"] == key).unwrap();
        let text = |field: &str| one[field].as_str().unwrap_or("-").to_owned();
        format!("{} from {}", text("value"), text("source"))
    };
    assert_eq!(of("timeout"), "9s from FMCP_TIMEOUT");
    assert_eq!(of("connect_timeout"), "8 from fmcp.toml");
    assert_eq!(of("log_level"), "INFO from FASTMCP_LOG_LEVEL");
    assert_eq!(of("color"), "never from --color");
    assert_eq!(of("auth"), "(a secret) from FMCP_AUTH");
    assert_eq!(of("protocol_version"), "- from default");
    place
        .fmcp(&["config", "explain"])
        .ends(0)
        .shows(&["setting", "timeout", "FMCP_TIMEOUT"]);
}

#[test]
fn all_faults_are_told_at_once() {
    let place = Place::new().file(
        "fmcp.toml",
        "timeuot = 1\ncolor = \"blue\"\n[servers.x]\nurl = \"nonsense\"\n",
    );
    place.fmcp(&["version"]).ends(2).tells(&[
        "fmcp.toml has 3 faults",
        "did you mean `timeout`?",
        "color: expected",
        "mcpServers.x.url: ",
    ]);
    Place::new()
        .variable("FMCP_TIMEOUT", "soon")
        .variable("FMCP_COLOR", "blue")
        .fmcp(&["version"])
        .ends(2)
        .tells(&[
            "2 settings are wrong",
            "FMCP_TIMEOUT: expected a time",
            "FMCP_COLOR: expected",
        ]);
    Place::new()
        .fmcp(&["version", "--config", "none.toml"])
        .ends(2)
        .tells(&["none.toml"]);
}
