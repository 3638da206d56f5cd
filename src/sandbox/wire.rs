//! The sockets of the sandbox: in go two listeners, out comes a server whose connections can be broken by a fault.

use super::Sandbox;
use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use axum::serve::Listener;
use futures_util::FutureExt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::net::TcpListener;
use tokio::net::TcpStream;

/// How long open connections may go on after the end was asked for.
const LAST_WORDS: Duration = Duration::from_millis(500);

impl Sandbox {
    /// Serves both systems until the future is done.
    pub async fn serve(
        &self,
        shop: TcpListener,
        books: TcpListener,
        until: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let until = until.shared();
        let both = async {
            let shop = serve_one(shop, self.shop(), until.clone());
            let books = serve_one(books, self.books(), until.clone());
            tokio::try_join!(shop, books).map(|_| ())
        };
        let cut_off = async {
            until.clone().await;
            tokio::time::sleep(LAST_WORDS).await;
        };
        tokio::select! {
            done = both => done,
            () = cut_off => Ok(()),
        }
    }
}

async fn serve_one(
    listener: TcpListener,
    router: Router,
    until: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let service = router.into_make_service_with_connect_info::<Line>();
    axum::serve(Lines(listener), service).with_graceful_shutdown(until).await
}

/// A listener whose connections can be broken.
struct Lines(TcpListener);

impl Listener for Lines {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        (Wire { stream, line: Line::default() }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// What breaks a connection from inside a request.
#[derive(Clone, Default)]
pub(super) struct Line(Arc<AtomicBool>);

impl Line {
    /// Lets the connection end in a reset instead of an answer.
    pub(super) fn snap(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Connected<IncomingStream<'_, Lines>> for Line {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Line {
        stream.io().line.clone()
    }
}

/// A connection that can be broken.
struct Wire {
    stream: TcpStream,
    line: Line,
}

impl Wire {
    fn check(&self) -> io::Result<()> {
        if self.line.0.load(Ordering::SeqCst) {
            self.stream.set_zero_linger()?;
            return Err(io::Error::from(io::ErrorKind::ConnectionReset));
        }
        Ok(())
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
