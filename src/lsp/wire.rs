//! Bytes as the protocol frames them go in; messages come out, and back. What is no message is answered, and passed by.

use std::io::{BufRead, ErrorKind, Read, Write};
use std::sync::{Arc, Mutex};
use std::thread;

use lsp_server::{Connection, Message};

use crate::lsp::server::{Ended, Options, serve};

/// No message may be larger; what a length promises is not taken on trust.
const LARGEST: usize = 256 * 1024 * 1024;

/// What came in.
enum Came {
    Message(Box<Message>),
    /// No message, in words.
    Nonsense(String),
    End,
}

/// Speaks with an editor over two streams until it says goodbye.
pub fn speak(input: impl Read + Send + 'static, output: impl Write + Send + 'static, options: Options) -> Ended {
    let (ours, theirs) = Connection::memory();
    let output = Arc::new(Mutex::new(output));
    let Connection { sender, receiver } = theirs;
    let writer = {
        let output = output.clone();
        thread::spawn(move || {
            for message in receiver {
                let written = output.lock().map(|mut output| message.write(&mut *output));
                if !matches!(written, Ok(Ok(()))) {
                    return;
                }
            }
        })
    };
    // It may wait for input for ever: nobody waits for it.
    thread::spawn(move || {
        let mut input = std::io::BufReader::new(input);
        loop {
            match read(&mut input) {
                Came::Message(message) => {
                    let last = matches!(&*message, Message::Notification(said) if said.method == "exit");
                    if sender.send(*message).is_err() || last {
                        return;
                    }
                }
                Came::Nonsense(words) => {
                    let text = serde_json::json!({
                        "jsonrpc": "2.0", "id": null, "error": { "code": -32700, "message": words }
                    })
                    .to_string();
                    let Ok(mut output) = output.lock() else { return };
                    let framed = format!("Content-Length: {}\r\n\r\n{text}", text.len());
                    if output.write_all(framed.as_bytes()).and_then(|()| output.flush()).is_err() {
                        return;
                    }
                }
                Came::End => return,
            }
        }
    });
    let ended = serve(&ours, options);
    drop(ours);
    let _ = writer.join();
    ended
}

/// The next message.
fn read(input: &mut impl BufRead) -> Came {
    let mut length = None;
    let mut line = Vec::new();
    loop {
        line.clear();
        match input.by_ref().take(8 * 1024).read_until(b'\n', &mut line) {
            Ok(0) => return Came::End,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => return Came::End,
        }
        let header = String::from_utf8_lossy(&line);
        let header = header.trim_end();
        if header.is_empty() {
            match length.take() {
                Some(length) => return body(input, length),
                None => return Came::Nonsense("expected a `Content-Length` in front of a message".to_owned()),
            }
        }
        let Some((name, value)) = header.split_once(':') else {
            return Came::Nonsense("expected a header such as `Content-Length: 12`".to_owned());
        };
        if name.eq_ignore_ascii_case("Content-Length") {
            match value.trim().parse::<usize>() {
                Ok(count) if count <= LARGEST => length = Some(count),
                _ => return Came::Nonsense(format!("expected a length up to {LARGEST} bytes")),
            }
        }
    }
}

fn body(input: &mut impl BufRead, length: usize) -> Came {
    let mut bytes = Vec::new();
    match input.by_ref().take(length as u64).read_to_end(&mut bytes) {
        Ok(read) if read == length => {}
        _ => return Came::End,
    }
    match serde_json::from_slice::<Message>(&bytes) {
        Ok(message) => Came::Message(Box::new(message)),
        Err(error) => Came::Nonsense(format!("this is no message: {error}")),
    }
}
