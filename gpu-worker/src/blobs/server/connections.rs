//! Connections, and which of them goes when there are too many.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{Request, State},
    middleware::{from_fn_with_state, Next},
    response::Response,
    Router,
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{limits::Limits, peer, peer::Peer};

/// Longest wait for the head of a request, also on a connection that had one before.
const HEAD: Duration = Duration::from_secs(30);
/// Most bytes of the head of a request.
const HEAD_BYTES: usize = 64 << 10;
/// Pause when no connection can be accepted, for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts connections and serves them until `stop` is cancelled; requests that are under way then are answered.
pub(super) async fn serve(listener: TcpListener, router: Router, limits: Arc<Limits>, stop: CancellationToken) {
    let (table, connections) = (Table::new(&limits), TaskTracker::new());
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                // Where all connections are at work, a new one is closed.
                if let Some(connection) = table.admit(address.ip(), peer::is_proxy(address.ip(), &limits.proxies)) {
                    connections.spawn(talk(stream, address, Arc::new(connection), router.clone(), stop.clone()));
                }
            }
            Err(error) if is_of_the_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted; trying again");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn talk(
    stream: TcpStream,
    address: SocketAddr,
    connection: Arc<Connection>,
    router: Router,
    stop: CancellationToken,
) {
    // Answers are written whole; waiting for more to send only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, %address, "a connection cannot be set up");
        return;
    }
    let close = connection.close.clone();
    let service = TowerToHyperService::new(router.layer(from_fn_with_state(connection, note)));
    let mut serving = pin!(http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service));
    let served = tokio::select! {
        () = close.cancelled() => return,
        served = serving.as_mut() => served,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, %address, "a connection broke off");
    }
}

/// Notes that the connection is at work from the head of a request to the end of its answer.
async fn note(State(connection): State<Arc<Connection>>, mut request: Request, next: Next) -> Response {
    let busy = Busy::new(&connection);
    request.extensions_mut().insert(connection);
    next.run(request).await.map(|body| Body::new(Noted { body, _busy: busy }))
}

/// The body of an answer, during which the connection is at work.
struct Noted {
    body: Body,
    _busy: Busy,
}

impl HttpBody for Noted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, axum::Error>>> {
        std::pin::Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }
}

/// All connections.
#[derive(Clone)]
struct Table(Arc<Mutex<Connected>>);

struct Connected {
    all: usize,
    per_peer: usize,
    entries: BTreeMap<u64, Entry>,
    /// Counts connections and ends of requests, in their order.
    clock: u64,
}

struct Entry {
    /// `None` for a proxy of ours, behind which all peers are.
    peer: Option<Peer>,
    /// Requests that are under way: one at most, over HTTP/1.
    busy: u32,
    /// Since when it has no request.
    idle_since: u64,
    close: CancellationToken,
}

/// One connection, forgotten when it is dropped.
pub(super) struct Connection {
    id: u64,
    pub(super) address: IpAddr,
    table: Table,
    close: CancellationToken,
}

impl Connection {
    /// Cuts it, whatever is under way.
    pub(super) fn cut(&self) {
        self.close.cancel();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.table.lock().entries.remove(&self.id);
    }
}

impl Table {
    fn new(limits: &Limits) -> Self {
        let (all, per_peer) = (limits.connections.all, limits.connections.peer);
        Self(Arc::new(Mutex::new(Connected { all, per_peer, entries: BTreeMap::new(), clock: 0 })))
    }

    fn lock(&self) -> MutexGuard<'_, Connected> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes up a connection, if need be in the place of one without a request: of the same peer if that has too many,
    /// otherwise of the peer with the most.
    fn admit(&self, address: IpAddr, is_proxy: bool) -> Option<Connection> {
        let peer = (!is_proxy).then(|| Peer::of(address));
        let mut connected = self.lock();
        let of_peer = connected.entries.values().filter(|entry| entry.peer == peer).count();
        if peer.is_some() && of_peer >= connected.per_peer {
            connected.evict(|entry| entry.peer == peer)?;
        } else if connected.entries.len() >= connected.all {
            let most = connected.most_idle();
            connected.evict(|entry| Some(entry.peer) == most)?;
        }
        connected.clock += 1;
        let (id, close) = (connected.clock, CancellationToken::new());
        connected.entries.insert(id, Entry { peer, busy: 0, idle_since: id, close: close.clone() });
        drop(connected);
        Some(Connection { id, address, table: self.clone(), close })
    }
}

impl Connected {
    /// The peer with the most connections without a request.
    fn most_idle(&self) -> Option<Option<Peer>> {
        let mut idle: HashMap<Option<Peer>, usize> = HashMap::new();
        for entry in self.entries.values().filter(|entry| entry.busy == 0) {
            *idle.entry(entry.peer).or_default() += 1;
        }
        idle.into_iter().max_by_key(|(_, count)| *count).map(|(peer, _)| peer)
    }

    /// Cuts the connection that has been without a request for longest.
    fn evict(&mut self, is_candidate: impl Fn(&Entry) -> bool) -> Option<()> {
        let idle = self.entries.iter().filter(|(_, entry)| entry.busy == 0 && is_candidate(entry));
        let id = *idle.min_by_key(|(_, entry)| entry.idle_since)?.0;
        self.entries.remove(&id)?.close.cancel();
        Some(())
    }

    fn change(&mut self, id: u64, by: i32) {
        self.clock += 1;
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.busy = entry.busy.saturating_add_signed(by);
            entry.idle_since = self.clock;
        }
    }
}

/// A connection at work.
struct Busy(Arc<Connection>);

impl Busy {
    fn new(connection: &Arc<Connection>) -> Self {
        connection.table.lock().change(connection.id, 1);
        Self(connection.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.table.lock().change(self.0.id, -1);
    }
}

/// A request that has brought nothing yet: its connection counts as one without a request meanwhile.
pub(super) struct Waiting(Arc<Connection>);

impl Waiting {
    pub(super) fn new(connection: &Arc<Connection>) -> Self {
        connection.table.lock().change(connection.id, -1);
        Self(connection.clone())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.table.lock().change(self.0.id, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blobs::server::limits::Share;

    fn table(all: usize, peer: usize) -> Table {
        Table::new(&Limits { connections: Share { all, peer }, ..Limits::default() })
    }

    fn admit(table: &Table, address: &str) -> Option<Arc<Connection>> {
        table.admit(address.parse().unwrap(), false).map(Arc::new)
    }

    #[test]
    fn a_peer_with_too_many_connections_loses_the_one_that_was_idle_for_longest() {
        let table = table(10, 2);
        let first = admit(&table, "192.0.2.1").unwrap();
        let second = admit(&table, "192.0.2.1").unwrap();
        let other = admit(&table, "192.0.2.2").unwrap();
        drop(Busy::new(&first));
        let third = admit(&table, "192.0.2.1").unwrap();
        assert!(second.close.is_cancelled());
        assert!([first, third, other].iter().all(|kept| !kept.close.is_cancelled()));
    }

    #[test]
    fn a_connection_at_work_stays_and_a_new_one_is_refused() {
        let table = table(10, 2);
        let (first, second) = (admit(&table, "192.0.2.1").unwrap(), admit(&table, "192.0.2.1").unwrap());
        let busy = [Busy::new(&first), Busy::new(&second)];
        assert!(admit(&table, "192.0.2.1").is_none());
        assert!(admit(&table, "192.0.2.2").is_some());
        // A request that has brought nothing is not work.
        let waiting = Waiting::new(&first);
        assert!(admit(&table, "192.0.2.1").is_some());
        assert!(first.close.is_cancelled());
        drop((waiting, busy));
    }

    #[test]
    fn when_all_are_too_many_the_peer_with_the_most_idle_ones_gives_way() {
        let table = table(4, 3);
        let few = admit(&table, "192.0.2.1").unwrap();
        let many: Vec<_> = (0..3).map(|_| admit(&table, "192.0.2.2").unwrap()).collect();
        let new = admit(&table, "192.0.2.3").unwrap();
        assert!(many[0].close.is_cancelled());
        assert!(!few.close.is_cancelled() && !new.close.is_cancelled());
    }

    #[test]
    fn a_proxy_of_ours_has_no_limit_of_its_own() {
        let table = table(10, 1);
        let address = "127.0.0.1".parse().unwrap();
        let all: Vec<_> = (0..5).map(|_| table.admit(address, true).unwrap()).collect();
        assert!(all.iter().all(|connection| !connection.close.is_cancelled()));
    }

    #[test]
    fn a_connection_that_ends_frees_its_place() {
        let table = table(1, 1);
        for _ in 0..3 {
            let connection = admit(&table, "192.0.2.1").unwrap();
            let _busy = Busy::new(&connection);
        }
        assert!(table.lock().entries.is_empty());
    }
}
