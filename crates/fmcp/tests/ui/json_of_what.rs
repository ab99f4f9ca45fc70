use fmcp::{Json, tool};

struct Customer;

#[tool]
async fn find(id: u64) -> Json<Customer> {
    Json(Customer)
}

fn main() {}
