//! `koppel sandbox`: both simulated systems, up until told to stop.

use std::net::Ipv4Addr;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::cli::Exit;
use crate::cli::args::SandboxArgs;
use crate::cli::hand::Hand;
use crate::report::{codes, nearest};
use crate::sandbox::{Consent, Fault, FaultKind, Options, Rate, Sandbox, workspace_toml};
use crate::value::exact;

/// Runs the command.
pub(super) async fn sandbox(hand: &Hand, args: &SandboxArgs) -> Exit {
    let faults: Result<Vec<Fault>, String> = args.fault.iter().map(|text| fault(text)).collect();
    let faults = match faults {
        Ok(faults) => faults,
        Err(words) => {
            hand.terminal.wrong(codes::command::NOT_KNOWN, &words, Some("koppel sandbox --fault lost_reply=5%"));
            return Exit::Usage;
        }
    };
    let mut options =
        Options { seed: args.seed, orders: args.orders, faults, consent: Consent::Asked, ..Options::default() };
    if args.no_limits {
        (options.shop_limit, options.books_limit) = (None, None);
    } else if args.limit.is_some() {
        (options.shop_limit, options.books_limit) = (args.limit, args.limit);
    }
    let bound = (
        TcpListener::bind((Ipv4Addr::LOCALHOST, args.shop_port)).await,
        TcpListener::bind((Ipv4Addr::LOCALHOST, args.books_port)).await,
    );
    let (shop, books) = match bound {
        (Ok(shop), Ok(books)) => (shop, books),
        (Err(error), _) => return port_taken(hand, "--shop-port", args.shop_port, &error),
        (_, Err(error)) => return port_taken(hand, "--books-port", args.books_port, &error),
    };
    let (Ok(shop_address), Ok(books_address)) = (shop.local_addr(), books.local_addr()) else {
        hand.terminal.wrong(codes::command::CANNOT, "the system does not say which ports it gave", None);
        return Exit::Failed;
    };
    let clock = hand.clock.clone();
    let sandbox = Sandbox::new(options, Arc::new(move || clock.now()));
    hand.terminal.tell(&format!(
        "the webshop is at http://{shop_address}, the bookkeeping at http://{books_address}; Ctrl-C ends both\n\
         this koppel.toml reaches them:\n"
    ));
    hand.terminal.say(workspace_toml(shop_address, books_address).trim_end());
    match sandbox.serve(shop, books, hand.cancel.clone().cancelled_owned()).await {
        Ok(()) => Exit::Done,
        Err(error) => {
            hand.terminal.wrong(codes::command::CANNOT, &format!("the sandbox ended: {error}"), None);
            Exit::Failed
        }
    }
}

fn port_taken(hand: &Hand, flag: &str, port: u16, error: &std::io::Error) -> Exit {
    hand.terminal.wrong(
        codes::command::CANNOT,
        &format!("port {port} cannot be had: {error}"),
        Some(&format!("koppel sandbox {flag} 0")),
    );
    Exit::Failed
}

/// `lost_reply=5%`, `429=3x`, `reset=once@POST /v3/invoices`; a bare number is so many of 100.
fn fault(text: &str) -> Result<Fault, String> {
    let (text, on) = match text.split_once('@') {
        Some((text, on)) => (text, Some(on.to_owned())),
        None => (text, None),
    };
    let (name, rate) = text.split_once('=').unwrap_or((text, "once"));
    let kind = FaultKind::named(name).ok_or_else(|| match nearest(name, FaultKind::names()) {
        Some(meant) => format!("there is no fault `{name}`; did you mean `{meant}`?"),
        None => format!("there is no fault `{name}`; there are {}", FaultKind::names().collect::<Vec<_>>().join(", ")),
    })?;
    let wrong = || format!("`{rate}` is no rate: write `5%`, `3x` or `once`");
    let rate = match (rate, rate.strip_suffix('x')) {
        ("once", _) => Rate::Times(1),
        (_, Some(times)) => Rate::Times(times.parse().map_err(|_| wrong())?),
        (percent, None) => {
            let percent = exact::parse(percent.trim_end_matches('%')).map_err(|_| wrong())?;
            let per_mille = exact::multiply(percent, 10.into()).map_err(|_| wrong())?;
            let per_mille = u16::try_from(exact::round(per_mille, 0)).map_err(|_| wrong())?;
            if per_mille > 1000 {
                return Err(wrong());
            }
            Rate::PerMille(per_mille)
        }
    };
    Ok(Fault { kind, rate, on })
}
