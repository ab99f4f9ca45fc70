//~ consider adding `#[derive(serde::Serialize)]` to your `Customer` type
//~ the trait bound `Customer: JsonSchema` is not satisfied
use fmcp::{Json, tool};

struct Customer;

#[tool]
async fn find(id: u64) -> Json<Customer> {
    Json(Customer)
}

fn main() {}
