//! The shipped flows as the checker and the planner see them.

use koppel::check;

use crate::support::room::room;
use crate::support::scene::Scene;

#[tokio::test(start_paused = true)]
async fn the_shipped_flows_are_programs_and_graphs() {
    let scene = Scene::new();
    for name in ["orders", "customers"] {
        let workspace = scene.workspace(name);
        let flow = &workspace.flows[0];
        {
            let _room = room("check");
            insta::assert_snapshot!(format!("{name}-program"), check::outline(&flow.program));
        }
        let _room = room("plan");
        insta::assert_snapshot!(format!("{name}-graph"), flow.graph.text());
        insta::assert_snapshot!(format!("{name}-mermaid"), flow.graph.mermaid());
        for node in &flow.graph.nodes {
            assert!(node.after.iter().all(|needed| *needed < flow.graph.nodes.len()));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_keeps_its_hash_as_long_as_it_means_the_same() {
    let scene = Scene::new();
    let text = include_str!("../flows/orders.flow");
    let hashes = |scene: &Scene| -> Vec<(String, String)> {
        let workspace = scene.workspace("orders");
        let nodes = &workspace.flows[0].graph.nodes;
        nodes.iter().map(|node| (node.name.to_string(), node.hash.to_string())).collect()
    };
    let before = hashes(&scene);
    scene.flow("orders", &text.replace("# Who is a company", "# Another comment; who is a company"));
    assert_eq!(hashes(&scene), before, "a comment means nothing");
    scene.flow("orders", &text.replace("\"nothing to invoice\"", "\"a free order\""));
    let after = hashes(&scene);
    let changed: Vec<&String> =
        before.iter().zip(&after).filter(|(before, after)| before.1 != after.1).map(|(before, _)| &before.0).collect();
    assert_eq!(changed.len(), 1, "{changed:?}");
}
