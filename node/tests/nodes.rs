//! Starts real nodes, as users do.

mod support;

use std::{
    io::Write,
    time::{Duration, Instant},
};

use serde_json::{json, Value};
use support::{alone, program, Node};

#[test]
fn a_development_node_answers_and_finalises() {
    let _turn = alone();
    let started = Instant::now();
    let node = Node::start(&["--dev"]);
    assert_eq!(node.ask("system_chain", json!([])), "Touchstone Development");
    // Printed, not asserted: on a busy machine the time says nothing about the node. The target is 15 s on an idle one.
    writeln!(std::io::stderr(), "the node answers after {:.1} s", started.elapsed().as_secs_f32()).unwrap();

    node.wait_for("final block", Duration::from_secs(60), |node| (node.height(true) >= 1).then_some(()));
    let methods = node.ask("rpc_methods", json!([]));
    let methods: Vec<_> = methods["methods"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for method in
        ["system_accountNextIndex", "payment_queryInfo", "babe_epochAuthorship", "grandpa_roundState", "state_call"]
    {
        assert!(methods.contains(&method), "{method}");
    }
}

#[test]
fn two_validators_write_and_finalise_one_chain() {
    let _turn = alone();
    let alice = Node::start(&["--chain", "local", "--alice", "--tmp", "--validator"]);
    let bob =
        Node::start(&["--chain", "local", "--bob", "--tmp", "--validator", "--bootnodes", &alice.address.clone()]);

    // Nothing is finalised before both have voted.
    for node in [&alice, &bob] {
        node.wait_for("final block", Duration::from_secs(90), |node| (node.height(true) >= 3).then_some(()));
    }
    assert_eq!(alice.ask("chain_getBlockHash", json!([3])), bob.ask("chain_getBlockHash", json!([3])));
}

#[test]
fn the_specification_of_a_new_network_has_no_sudo_key() {
    let _turn = alone();
    let output = program().args(["export-chain-spec", "--chain", "staging"]).output().expect("it runs");
    assert!(output.status.success());
    let spec: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(spec["id"], "staging");
    assert_eq!(spec["properties"]["tokenSymbol"], "TSN");
    let patch = &spec["genesis"]["runtimeGenesis"]["patch"];
    assert_eq!(patch["sudo"]["key"], Value::Null);
    assert_eq!(patch["session"]["keys"].as_array().map(Vec::len), Some(4));
}

#[test]
fn each_chain_has_a_protocol_of_its_own() {
    let _turn = alone();
    let protocols = ["dev", "local", "staging"].map(|chain| {
        let output = program().args(["export-chain-spec", "--chain", chain]).output().expect("it runs");
        assert!(output.status.success());
        let spec: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
        spec["protocolId"].as_str().expect("a text").to_owned()
    });
    assert_eq!(protocols, ["touchstone-dev", "touchstone-local", "touchstone-staging"]);
}

#[test]
fn nodes_of_two_chains_are_never_peers() {
    let _turn = alone();
    let local = Node::start(&["--chain", "local", "--alice", "--tmp", "--validator", "--force-authoring"]);
    let dev = Node::start(&["--dev", "--tmp", "--bootnodes", &local.address.clone()]);
    dev.wait_for("a few blocks", Duration::from_secs(90), |node| (node.height(false) >= 4).then_some(()));
    for node in [&local, &dev] {
        assert_eq!(node.ask("system_peers", json!([])), json!([]));
    }
}

#[test]
fn metadata_is_written_as_scale() {
    let _turn = alone();
    let output = program().arg("export-metadata").output().expect("it runs");
    assert!(output.status.success());
    assert_eq!(&output.stdout[..5], b"meta\x0f");
}

#[test]
fn an_unknown_chain_is_refused_with_the_names_of_the_known() {
    let _turn = alone();
    let output = program().args(["--chain", "moon"]).output().expect("it runs");
    assert!(!output.status.success());
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("no chain is named \"moon\" (dev, local, staging)"), "{message}");
}

#[test]
fn a_mnemonic_or_seed_in_the_wrong_place_is_not_shown() {
    let _turn = alone();
    let phrase = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
    let seed = "0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a";
    for secret in [phrase, seed, &seed[2..], &seed[..65]] {
        let inline = format!("--chain={secret}");
        for arguments in [&["--chain", secret][..], &[&inline], &["export-chain-spec", "--chain", secret]] {
            let output = program().args(arguments).output().expect("it runs");
            assert!(!output.status.success());
            let message = String::from_utf8_lossy(&output.stderr);
            assert!(message.contains("no chain is named \"[hidden]\" (dev, local, staging)"), "{message}");
            assert!(!message.contains("obey") && !message.contains("e5be"), "{message}");
        }
        for arguments in [&[secret][..], &["--rpc-port", secret], &["check-block", secret, "--bogus"]] {
            let output = program().args(arguments).output().expect("it runs");
            assert_eq!(output.status.code(), Some(2), "{arguments:?}");
            let message = String::from_utf8_lossy(&output.stderr);
            assert!(!message.contains("obey") && !message.contains("e5be"), "{message}");
        }
    }
}
