//! The snippet for sshd says what the guide promises, and sshd takes it.
use std::{collections::BTreeMap, path::PathBuf, process::Command};

fn file(name: &str) -> String {
    std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)).expect(name)
}

/// The lines before the Match block, and those in it.
fn parsed() -> [BTreeMap<String, String>; 2] {
    let mut parts = [BTreeMap::new(), BTreeMap::new()];
    let mut at = 0;
    for line in
        file("deploy/ssh/praxis.conf").lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'))
    {
        let (key, value) = line.split_once(' ').expect("a key and a value");
        if key == "Match" {
            assert_eq!((value, at), ("Group praxis", 0));
            at = 1;
        } else {
            assert!(parts[at].insert(key.to_owned(), value.to_owned()).is_none(), "{key} stands twice");
        }
    }
    parts
}

#[test]
fn members_of_the_group_get_the_program_and_nothing_else() {
    let [everybody, group] = parsed();
    let wanted = [
        ("ForceCommand", "/usr/bin/praxis"),
        ("PermitTTY", "yes"),
        ("DisableForwarding", "yes"),
        ("PermitTunnel", "no"),
        ("PermitUserRC", "no"),
        ("AcceptEnv", "LANG LC_CTYPE NO_COLOR"),
        ("AuthenticationMethods", "publickey"),
        ("ExposeAuthInfo", "yes"),
        ("ClientAliveInterval", "15"),
        ("ClientAliveCountMax", "3"),
    ];
    for (key, value) in wanted {
        assert_eq!(group.get(key).map(String::as_str), Some(value), "{key}");
    }
    assert_eq!(group.len(), wanted.len(), "a new line needs a reason in the guide and here");
    assert!(!group["AcceptEnv"].contains(['*', '?']) && !group["AcceptEnv"].contains("PRAXIS"));
    // sshd refuses this one inside a Match block.
    assert_eq!(everybody.get("PermitUserEnvironment").map(String::as_str), Some("no"));
    assert_eq!(everybody.len(), 1);
    let guide = file("docs/ssh.md");
    for key in group.keys().filter(|k| *k != "PermitTTY").chain(everybody.keys()) {
        assert!(guide.contains(key), "the guide says nothing of {key}");
    }
}

/// Only where there is an sshd to ask.
#[test]
fn sshd_takes_the_snippet() {
    let Some(sshd) =
        ["/usr/sbin/sshd", "/usr/local/sbin/sshd"].into_iter().find(|p| std::path::Path::new(p).exists())
    else {
        println!("no sshd here: the snippet was read, not tried");
        return;
    };
    let folder = std::env::temp_dir().join(format!("praxis-sshd-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let key = folder.join("host");
    let made =
        Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status().unwrap();
    assert!(made.success());
    // No group of that name need exist: everybody stands for it.
    let text = file("deploy/ssh/praxis.conf").replace("Match Group praxis", "Match User *");
    let config = folder.join("sshd_config");
    std::fs::write(&config, format!("HostKey {}\n{text}", key.display())).unwrap();
    let out = Command::new(sshd)
        .args(["-T", "-C", "user=root,host=x,addr=192.0.2.1", "-f"])
        .arg(&config)
        .output()
        .unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let said = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).to_lowercase();
    assert!(out.status.success(), "{said}");
    for line in [
        "forcecommand /usr/bin/praxis",
        "disableforwarding yes",
        "exposeauthinfo yes",
        "permituserrc no",
        "permituserenvironment no",
    ] {
        assert!(said.contains(line), "{line}:\n{said}");
    }
}
