// The public interface: written by `cargo test -p idporten-config-tests --test interface`.

#[proc_macro]
pub fn environment(input: TokenStream) -> TokenStream {}
#[proc_macro]
pub fn environments(input: TokenStream) -> TokenStream {}
