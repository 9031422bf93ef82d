//! Mnemonics and seeds that were given in the wrong place, such as `--chain`: no error shows them.

use std::{env, process};

/// What is shown in place of a secret.
const HIDDEN: &str = "[hidden]";
/// So many words are a mnemonic, or a part of one. Names and paths have fewer.
const WORDS: usize = 6;

/// The text without those arguments of this process that may be secrets.
pub(crate) fn hide(text: &str) -> String {
    let arguments: Vec<_> = env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    without(text, &arguments)
}

/// Ends the process as clap does, without showing a secret.
pub(crate) fn exit(error: &clap::Error) -> ! {
    let text = error.render().to_string();
    let shown = hide(&text);
    if shown == text {
        error.exit();
    }
    eprint!("{shown}");
    process::exit(error.exit_code())
}

fn without(text: &str, arguments: &[String]) -> String {
    let values = arguments.iter().flat_map(|argument| {
        let value = argument.split_once('=').map(|(_, value)| value);
        [Some(argument.as_str()), value].into_iter().flatten()
    });
    let mut shown = text.to_owned();
    for secret in values.filter(|value| may_be_secret(value)) {
        // As it is, and as it stands between quotation marks.
        for form in [secret.to_owned(), secret.escape_debug().to_string()] {
            shown = shown.replace(&form, HIDDEN);
        }
    }
    shown
}

/// Whether a text is a mnemonic or a seed, or nearly one, perhaps with a path of derivation behind it.
fn may_be_secret(text: &str) -> bool {
    let secret = text.split('/').next().unwrap_or_default();
    let words: Vec<_> = secret.split(|char: char| char.is_whitespace() || char == ',').collect();
    let words: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let is_phrase = words.len() >= WORDS && words.iter().all(|word| word.chars().all(char::is_alphabetic));
    is_phrase || words.iter().any(|word| is_seed(word))
}

fn is_seed(word: &str) -> bool {
    let digits = word.strip_prefix("0x").unwrap_or(word);
    (60..=70).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHRASE: &str = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
    const SEED: &str = "0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a";

    #[test]
    fn a_secret_among_the_arguments_is_not_shown_in_whatever_form() {
        let commas = PHRASE.replace(' ', ", ");
        let tabs = PHRASE.replace(' ', "\t");
        let with_path = format!("{PHRASE}//Alice///password");
        for secret in [PHRASE, SEED, &SEED[2..], &SEED[..65], &commas, &tabs, &with_path] {
            for argument in [secret.to_owned(), format!("--chain={secret}")] {
                for text in [format!("no chain is named {secret:?}"), format!("no chain is named \"{secret}\"")] {
                    let arguments = ["--validator".to_owned(), argument.clone()];
                    assert_eq!(without(&text, &arguments), "no chain is named \"[hidden]\"", "{argument}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_a_secret_is_shown() {
        for argument in [
            "moon",
            "./my own network.json",
            "/srv/e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a.json",
            "--name=a validator of mine",
            "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
            "",
        ] {
            let text = format!("no chain is named {argument:?}");
            assert_eq!(without(&text, &[argument.to_owned()]), text);
        }
    }
}
