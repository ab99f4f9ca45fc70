//! What attacks leave behind in memory, counted to the byte: each is made twice, and what the second leaves
//! is held to a bound.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    runtime::{Builder, Handle},
};

use super::*;

/// What may be left of an attack: tables that have grown, not what came in.
const LEFT: i64 = 16 * 1024;

/// Who is attacked, and the session of somebody who is not.
struct Ground {
    site: Site,
    session: Session,
}

type Attack = for<'a> fn(&'a Ground) -> BoxFuture<'a, ()>;

const ATTACKS: [(&str, Attack); 13] = [
    ("half-open connections", |ground| {
        Box::pin(half_open(ground))
    }),
    ("slow bodies", |ground| Box::pin(slow_bodies(ground))),
    ("large bodies that never end", |ground| {
        Box::pin(endless_bodies(ground))
    }),
    ("100,000 levels", |ground| {
        Box::pin(body(ground, deep(), 400))
    }),
    ("100,000 levels of arguments", |ground| {
        Box::pin(body(ground, call_of("1", &deep()), 400))
    }),
    ("a batch of a million", |ground| {
        Box::pin(body(ground, format!("[{}1]", "1,".repeat(1_000_000)), 400))
    }),
    ("a body that is too large", |ground| {
        Box::pin(body(ground, "1".repeat(5 << 20), 413))
    }),
    ("no UTF-8", |ground| {
        let broken = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\xfe\"}".to_vec();
        Box::pin(body(ground, broken, 400))
    }),
    ("a key twice", |ground| {
        let twice = r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping","params":{}}"#;
        Box::pin(body(ground, twice, 400))
    }),
    ("an id of a megabyte", |ground| {
        let ping = format!(
            r#"{{"jsonrpc":"2.0","id":"{}","method":"ping"}}"#,
            "x".repeat(1 << 20)
        );
        Box::pin(body(ground, ping, 200))
    }),
    ("two lengths", |ground| Box::pin(smuggled(ground))),
    ("sessions that nobody uses", |ground| {
        Box::pin(sessions(ground))
    }),
    ("readers that do not read", |ground| Box::pin(deaf(ground))),
];

/// One thread, so that all that is allocated is counted.
#[test]
fn memory_returns_after_each_attack() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let ground = runtime.block_on(async {
        let site = serve(|http| http.settings(|settings| settings.max_sessions = 50)).await;
        let session = site.session("2025-03-26").await;
        Ground { site, session }
    });
    for (what, attack) in ATTACKS {
        let once = || runtime.block_on(ground.stands(attack));
        // What is made for the first one is the server's own from then on.
        once();
        let left = allocation_counter::measure(once);
        assert!(
            left.bytes_current < LEFT,
            "{what}: {} of {} bytes stayed",
            left.bytes_current,
            left.bytes_total
        );
    }
}

impl Ground {
    /// Makes the attack; others go on being served, and nothing of it runs on.
    async fn stands(&self, attack: Attack) {
        self.site.is_well().await;
        let before = quiet().await;
        attack(self).await;
        self.site.is_well().await;
        self.session.is_open().await;
        let ended = async {
            while Handle::current().metrics().num_alive_tasks() > before {
                tokio::task::yield_now().await;
            }
        };
        let ended = tokio::time::timeout(SOON, ended).await;
        ended.expect("there are tasks that nobody ends");
    }
}

/// How many tasks there are, once those have ended that are about to.
async fn quiet() -> usize {
    let alive = || Handle::current().metrics().num_alive_tasks();
    let (mut last, mut same) = (alive(), 0);
    while same < 200 {
        tokio::time::sleep(Duration::from_micros(100)).await;
        same = if alive() == last { same + 1 } else { 0 };
        last = alive();
    }
    last
}

fn deep() -> String {
    "[".repeat(100_000) + &"]".repeat(100_000)
}

fn call_of(id: &str, arguments: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"add","arguments":{arguments}}}}}"#
    )
}

async fn body(ground: &Ground, body: impl Into<Vec<u8>>, expect: u16) {
    let request = Request::post(ground.site.address, body);
    assert_eq!(ground.session.dress(request).open().await.status, expect);
}

async fn connected(ground: &Ground, said: &str) -> TcpStream {
    let mut socket = TcpStream::connect(ground.site.address).await.unwrap();
    socket.write_all(said.as_bytes()).await.unwrap();
    socket
}

async fn half_open(ground: &Ground) {
    let mut open = Vec::new();
    for said in ["", "P", "POST /mcp HTTP/1.1\r\nHost: loc"].repeat(100) {
        open.push(connected(ground, said).await);
    }
    ground.site.is_well().await;
}

async fn slow_bodies(ground: &Ground) {
    let head = ground.site.modern("tools/call", sum(1, 2)).head();
    let said = format!("{head}Content-Length: 1000\r\n\r\n{{");
    let mut slow = Vec::new();
    for _ in 0..300 {
        slow.push(connected(ground, &said).await);
    }
    ground.site.is_well().await;
}

async fn endless_bodies(ground: &Ground) {
    let head = ground.site.modern("tools/call", sum(1, 2)).head();
    let said = format!("{head}Transfer-Encoding: chunked\r\n\r\n");
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let mut endless = Vec::new();
    for _ in 0..20 {
        let mut socket = connected(ground, &said).await;
        for _ in 0..10 {
            socket.write_all(chunk.as_bytes()).await.unwrap();
        }
        endless.push(socket);
    }
    ground.site.is_well().await;
}

async fn smuggled(ground: &Ground) {
    let head = ground.site.modern("tools/call", sum(1, 2)).head();
    let said = format!("{head}Content-Length: 5\r\nContent-Length: 6\r\n\r\n0\r\n\r\nGET /");
    let mut socket = connected(ground, &said).await;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 400"));
}

async fn sessions(ground: &Ground) {
    for _ in 0..200 {
        let answer = ground.site.hello("2025-11-25").open().await;
        assert!(matches!(answer.status, 200 | 503), "{}", answer.status);
        // Whoever has just spoken is not forgotten for others: this one speaks all the time.
        ground.session.is_open().await;
    }
}

async fn deaf(ground: &Ground) {
    let level = json!({"name": "flood", "_meta": {"io.modelcontextprotocol/logLevel": "debug"}});
    let mut deaf = Vec::new();
    for _ in 0..10 {
        let stream = ground.site.modern("tools/call", level.clone()).open().await;
        deaf.push(stream.streams());
    }
    ground.site.is_well().await;
}
