use fmcp::tool;

struct Weather;

impl Weather {
    #[tool]
    async fn forecast(&self, city: String) -> String {
        city
    }
}

fn main() {}
