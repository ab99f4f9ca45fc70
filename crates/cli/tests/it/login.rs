//! Signing in: `fmcp login` and `logout`, with an authorization server and a server that it protects.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};

use crate::interactive::Terminal;

type Fields = BTreeMap<String, String>;

/// How long anybody may be silent.
const PATIENCE: Duration = Duration::from_secs(30);

/// Both servers, at one address.
struct World {
    origin: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Where each client may come back to.
    clients: BTreeMap<String, Vec<String>>,
    /// What was asked for with each code.
    codes: BTreeMap<String, Fields>,
    tokens: Vec<String>,
    /// How often a user was asked.
    visits: usize,
}

struct Request {
    path: String,
    query: Fields,
    token: Option<String>,
    body: String,
}

impl World {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::<Mutex<State>>::default();
        let (shared, here) = (Arc::clone(&state), origin.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (shared, here) = (Arc::clone(&shared), here.clone());
                std::thread::spawn(move || serve(stream, &here, &shared));
            }
        });
        Self { origin, state }
    }

    fn server(&self) -> String {
        format!("{}/mcp", self.origin)
    }

    fn visits(&self) -> usize {
        self.state.lock().unwrap().visits
    }
}

fn serve(stream: TcpStream, origin: &str, state: &Mutex<State>) {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut reader = BufReader::new(stream);
    // Who says nothing more, or half of something, has gone away.
    while let Some(request) = read(&mut reader) {
        let (status, header, body) = answer(&request, origin, &mut state.lock().unwrap());
        let length = body.len();
        let text = format!(
            "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n{header}content-length: {length}\r\n\r\n{body}"
        );
        if reader.get_mut().write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let target = line.split(' ').nth(1)?.to_owned();
    let (mut length, mut token) = (0, None);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(": ") else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "authorization" => token = value.strip_prefix("Bearer ").map(str::to_owned),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    Some(Request {
        path: path.to_owned(),
        query: fields(query),
        token,
        body: String::from_utf8(body).ok()?,
    })
}

fn fields(text: &str) -> Fields {
    url::form_urlencoded::parse(text.as_bytes())
        .into_owned()
        .collect()
}

fn answer(request: &Request, origin: &str, state: &mut State) -> (u16, String, String) {
    let none = String::new;
    let well = |body: Value| (200, none(), body.to_string());
    match request.path.as_str() {
        "/mcp" => match request
            .token
            .as_ref()
            .is_some_and(|token| state.tokens.contains(token))
        {
            true => well(spoken(&request.body)),
            false => {
                let at = format!("{origin}/.well-known/oauth-protected-resource/mcp");
                let challenge = format!("www-authenticate: Bearer resource_metadata=\"{at}\"\r\n");
                (401, challenge, none())
            }
        },
        "/.well-known/oauth-protected-resource/mcp" => well(json!({
            "resource": format!("{origin}/mcp"), "authorization_servers": [origin],
        })),
        "/.well-known/oauth-authorization-server" => well(json!({
            "issuer": origin,
            "authorization_endpoint": format!("{origin}/authorize"),
            "token_endpoint": format!("{origin}/token"),
            "registration_endpoint": format!("{origin}/register"),
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
        })),
        "/register" => {
            let asked: Value = serde_json::from_str(&request.body).unwrap();
            let id = format!("client-{}", state.clients.len());
            let redirects = serde_json::from_value(asked["redirect_uris"].clone()).unwrap();
            state.clients.insert(id.clone(), redirects);
            let known = json!({"client_id": id, "redirect_uris": asked["redirect_uris"]});
            (201, none(), known.to_string())
        }
        "/authorize" => {
            state.visits += 1;
            let asked = &request.query;
            let redirect = &asked["redirect_uri"];
            if !state.clients[&asked["client_id"]].contains(redirect)
                || asked["code_challenge_method"] != "S256"
            {
                return (400, none(), none());
            }
            let code = format!("code-{}", state.visits);
            let mut to = url::Url::parse(redirect).unwrap();
            to.query_pairs_mut()
                .append_pair("code", &code)
                .append_pair("state", &asked["state"]);
            state.codes.insert(code, asked.clone());
            (302, format!("location: {to}\r\n"), none())
        }
        "/token" => {
            let form = fields(&request.body);
            let asked = form.get("code").and_then(|code| state.codes.remove(code));
            let is_good = asked.is_some_and(|asked| {
                form.get("redirect_uri") == asked.get("redirect_uri")
                    && form.get("client_id") == asked.get("client_id")
                    && form.contains_key("code_verifier")
            });
            if !is_good {
                return (400, none(), json!({"error": "invalid_grant"}).to_string());
            }
            let token = format!("SECRET-{}", state.tokens.len());
            state.tokens.push(token.clone());
            well(json!({"access_token": token, "token_type": "Bearer", "expires_in": 3600}))
        }
        _ => (404, none(), none()),
    }
}

/// What the server says to those whom it lets in.
fn spoken(body: &str) -> Value {
    let message: Value = serde_json::from_str(body).unwrap();
    let mut result = json!({"resultType": "complete"});
    if message["method"] == "server/discover" {
        result["supportedVersions"] = json!(["2026-07-28"]);
        result["capabilities"] = json!({});
        result["_meta"] = json!({
            "io.modelcontextprotocol/serverInfo": {"name": "vault", "version": "1"},
        });
    }
    json!({"jsonrpc": "2.0", "id": message["id"], "result": result})
}

/// A browser on another machine: opens the page, and ends at this address.
fn browse(page: &str) -> String {
    let page = url::Url::parse(page).unwrap();
    let host = format!("{}:{}", page.host().unwrap(), page.port().unwrap());
    let mut stream = TcpStream::connect(&host).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let target = &page[url::Position::BeforePath..];
    write!(stream, "GET {target} HTTP/1.1\r\nhost: {host}\r\n\r\n").unwrap();
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    let mut head = lines.take_while(|line| !line.is_empty());
    let location = head.find_map(|line| line.strip_prefix("location: ").map(str::to_owned));
    location.expect("the user is sent on")
}

/// Signs in at the terminal, by pasting.
fn sign_in(terminal: &mut Terminal, world: &World) {
    terminal.sees("and paste the address that you end at: ");
    let screen = terminal.shown();
    let begin = screen
        .find(&format!("{}/authorize?", world.origin))
        .unwrap();
    let ends = |c: char| c.is_whitespace() || c == '\u{1b}';
    let page = screen[begin..].split(ends).next().unwrap();
    terminal.types(&format!("{}\n", browse(page)));
}

#[test]
fn a_user_signs_in_once_and_out_again() {
    let world = World::new();
    let server = world.server();
    let mut terminal = Terminal::fmcp(&["login", &server]);
    sign_in(&mut terminal, &world);
    let (code, screen, place) = terminal.ends_in();
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("You are signed in to"), "{screen}");
    assert!(!screen.contains("SECRET"), "{screen}");

    // From then on nobody is asked, and nobody else is let in.
    let ping = ["ping", &server, "-n", "1"];
    let signed = [&ping[..], &["--auth", "oauth"]].concat();
    place.fmcp(&signed).ends(0);
    assert_eq!(world.visits(), 1);
    place.fmcp(&ping).ends(4);

    // Without a yes nothing is forgotten.
    place
        .fmcp(&["logout"])
        .ends(2)
        .tells(&["1 tokens", "--yes"]);
    let mut terminal = Terminal::at(place, &["logout"]);
    terminal.answers("Forget 1 tokens? [y/N] ", "");
    let (code, screen, place) = terminal.ends_in();
    assert!(
        code == 130 && screen.contains("nothing is forgotten"),
        "{screen}"
    );
    place.fmcp(&signed).ends(0);

    let mut terminal = Terminal::at(place, &["logout"]);
    terminal.answers("Forget 1 tokens? [y/N] ", "y");
    let (code, screen, place) = terminal.ends_in();
    assert!(
        code == 0 && screen.contains("1 tokens are forgotten"),
        "{screen}"
    );
    let json = place.fmcp(&["logout", "--json"]).well().json();
    assert_eq!(json["forgotten"], 0);
    // Who wants in again signs in again.
    let mut terminal = Terminal::at(place, &signed);
    sign_in(&mut terminal, &world);
    let (code, screen) = terminal.ends();
    assert_eq!((code, world.visits()), (0, 2), "{screen}");
}

#[test]
fn who_does_not_sign_in_is_not_let_in() {
    let world = World::new();
    let mut terminal = Terminal::fmcp(&["login", &world.server()]);
    terminal.sees("and paste the address that you end at: ");
    terminal.types("\u{4}");
    let (code, screen, place) = terminal.ends_in();
    assert_eq!(code, 130, "{screen}");
    assert!(screen.contains("nobody has signed in"), "{screen}");
    let asked = screen.matches("and paste the address").count();
    assert_eq!(asked, 1, "{screen}");
    assert!(!screen.contains("You are signed in"), "{screen}");
    let json = place.fmcp(&["logout", "--json"]).well().json();
    assert_eq!(json["forgotten"], 0);
}
