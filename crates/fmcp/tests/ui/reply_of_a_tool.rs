use fmcp::tool;

struct Customer;

#[tool]
async fn find(id: u64) -> Customer {
    Customer
}

fn main() {}
