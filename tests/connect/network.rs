//! The transport over the network, on loopback: what is certain about a request that failed, and what is bounded.

use std::time::Duration;

use koppel::connect::{Answer, HttpOptions, HttpTransport, Lost, Request, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const KEY: &str = "token=s3cret";

async fn serve(answer: Vec<u8>) -> (u16, tokio::task::JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let mut requests = 0;
        while let Ok(Ok((mut stream, _))) = tokio::time::timeout(Duration::from_millis(300), listener.accept()).await {
            let mut buffer = [0; 4096];
            let mut read = 0;
            while !buffer[..read].windows(4).any(|end| end == b"\r\n\r\n") {
                read += stream.read(&mut buffer[read..]).await.unwrap();
            }
            requests += 1;
            // The other side may have had enough of it.
            let _ = stream.write_all(&answer).await;
            let _ = stream.shutdown().await;
        }
        requests
    });
    (port, server)
}

async fn send(port: u16, bound: usize) -> Result<Answer, Lost> {
    let transport = HttpTransport::new(&HttpOptions { authorities: None, bound }).unwrap();
    let url = format!("http://127.0.0.1:{port}/x?{KEY}").parse().unwrap();
    let request = Request {
        method: "POST".to_string(),
        url,
        headers: vec![("x-key".to_string(), "s3cret".to_string())],
        body: Some("{}".into()),
        timeout: Duration::from_secs(2),
    };
    let answer = transport.send(request).await;
    if let Err(lost) = &answer {
        assert!(!lost.words.contains("s3cret") && !lost.words.contains("127.0.0.1"), "{lost}");
    }
    answer
}

fn http(head: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len()).as_bytes(), body]
        .concat()
}

#[tokio::test]
async fn a_refused_connection_is_certain_to_have_sent_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    assert!(!send(port, 100).await.unwrap_err().sent);
    let transport = HttpTransport::new(&HttpOptions::default()).unwrap();
    let request = |url: &str, header: &str| Request {
        method: "GET".to_string(),
        url: url.parse().unwrap(),
        headers: vec![("x-key".to_string(), header.to_string())],
        body: None,
        timeout: Duration::from_secs(5),
    };
    assert!(!transport.send(request("https://no-such-host.invalid/", "a")).await.unwrap_err().sent);
    assert!(!transport.send(request("http://127.0.0.1:1/", "a\nb")).await.unwrap_err().sent);
}

#[tokio::test]
async fn a_cut_before_the_answer_leaves_it_open() {
    for answer in [&b""[..], b"HTTP/1.1 20", b"nonsense\r\n\r\n"] {
        let (port, server) = serve(answer.to_vec()).await;
        assert!(send(port, 100).await.unwrap_err().sent);
        assert_eq!(server.await.unwrap(), 1, "nothing is repeated");
    }
}

#[tokio::test]
async fn a_cut_body_is_told_with_its_status() {
    let (port, _) = serve(b"HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{\"data\"".to_vec()).await;
    let answer = send(port, 1000).await.unwrap();
    assert_eq!(answer.status, 201);
    assert!(answer.broken.unwrap().starts_with("the answer was cut off"));
}

#[tokio::test]
async fn a_body_beyond_the_bound_is_not_taken() {
    let (port, _) = serve(http("200 OK", &vec![b' '; 50 << 20])).await;
    let answer = send(port, 1 << 20).await.unwrap();
    assert_eq!(answer.broken.as_deref(), Some("the answer is larger than 1 MiB"));
    assert!(answer.body.len() <= 1 << 20);
}

#[tokio::test]
async fn a_body_is_bounded_after_it_was_unpacked() {
    // Three MiB of zeros, packed into three KiB.
    let packed = include_bytes!("zeros.gz");
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", packed.len());
    let (port, _) = serve([head.as_bytes(), packed].concat()).await;
    assert_eq!(send(port, 1 << 20).await.unwrap().broken.as_deref(), Some("the answer is larger than 1 MiB"));
    let (port, _) = serve([head.as_bytes(), packed].concat()).await;
    let answer = send(port, 8 << 20).await.unwrap();
    assert_eq!((answer.broken, answer.body.len()), (None, 3 << 20));
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let (port, server) = serve(http("307 Temporary Redirect\r\nlocation: /again", b"")).await;
    let answer = send(port, 100).await.unwrap();
    assert_eq!((answer.status, answer.header("Location")), (307, Some("/again")));
    assert_eq!(server.await.unwrap(), 1);
}

#[tokio::test]
async fn authorities_must_be_certificates() {
    let options = |pem: &[u8]| HttpOptions { authorities: Some(pem.to_vec()), bound: 1 };
    assert!(HttpTransport::new(&options(b"")).is_err());
    assert!(HttpTransport::new(&options(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")).is_err());
}
