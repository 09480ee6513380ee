//! The bodies of answers, each read up to a limit.

use reqwest::Response;
use serde::de::DeserializeOwned;

use crate::maskinporten::causes;

/// The most bytes of an answer. What this program asks for has some KiB.
const MAX_BYTES: usize = 256 * 1024;

/// Reads a body. reqwest's own methods for a whole body have no size limit.
pub async fn read(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| causes(&error))? {
        if body.len() + chunk.len() > MAX_BYTES {
            return Err(format!("the answer is larger than {MAX_BYTES} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Reads a body that is JSON. The error of `serde_json` is left out, since it may quote the body.
pub async fn json<T: DeserializeOwned>(response: Response) -> Result<T, String> {
    let body = read(response).await?;
    serde_json::from_slice(&body).map_err(|_| "the answer is not the JSON that was expected".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(body: String) -> Response {
        http::Response::new(body).into()
    }

    #[tokio::test]
    async fn an_answer_that_is_too_large_is_refused() {
        assert_eq!(read(response("x".repeat(MAX_BYTES))).await.map(|body| body.len()), Ok(MAX_BYTES));
        let error = read(response("x".repeat(MAX_BYTES + 1))).await;
        assert_eq!(error, Err("the answer is larger than 262144 bytes".to_owned()));
    }

    #[tokio::test]
    async fn an_answer_of_another_form_is_not_quoted() {
        assert_eq!(json(response("7".to_owned())).await, Ok(7));
        let error = json::<u8>(response("\"secret\"".to_owned())).await;
        assert_eq!(error, Err("the answer is not the JSON that was expected".to_owned()));
    }
}
