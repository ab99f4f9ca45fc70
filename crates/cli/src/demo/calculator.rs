//! A calculator.

use fmcp::{Json, Server, ToolError, schemars::JsonSchema, tool};
use serde::Serialize;

use super::expression;

/// Compute what an expression is worth: numbers, + - * / ^, brackets, sqrt, pi.
#[tool(read_only, idempotent)]
async fn compute(
    #[arg(examples("6 * 7", "sqrt(2) ^ 2"), length(1..=1000))] expression: String,
) -> Result<f64, ToolError> {
    expression::value(&expression).map_err(ToolError::new)
}

#[derive(Serialize, JsonSchema)]
struct Summary {
    /// How many numbers there are
    count: usize,
    mean: f64,
    least: f64,
    greatest: f64,
}

/// Summarise some numbers.
#[tool(read_only, idempotent)]
async fn summarise(
    #[arg(length(1..=1000), examples([1, 2, 6]))] numbers: Vec<f64>,
) -> Json<Summary> {
    let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Json(Summary {
        count: numbers.len(),
        mean: mean(&numbers).clamp(least, greatest),
        least,
        greatest,
    })
}

/// The mean of some numbers. It is a number, too, where their sum is larger than any.
fn mean(numbers: &[f64]) -> f64 {
    let count = numbers.len() as f64;
    let sum: f64 = numbers.iter().sum();
    match sum.is_finite() {
        true => sum / count,
        false => numbers.iter().map(|number| number / count).sum(),
    }
}

pub(super) fn server() -> Server {
    Server::new("calculator")
        .tool(compute::tool())
        .tool(summarise::tool())
}
