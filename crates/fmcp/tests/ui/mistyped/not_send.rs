//~ future cannot be sent between threads safely
use std::rc::Rc;

use fmcp::tool;

async fn later() {}

#[tool]
async fn count() -> u64 {
    let shared = Rc::new(1);
    later().await;
    *shared
}

fn main() {}
