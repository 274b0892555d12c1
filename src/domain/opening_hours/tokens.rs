//! The words, numbers, times and signs of opening hours. What they say together is not read here.

use super::DAY_MIN;

/// No text of a person is longer.
const LONGEST: usize = 2_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    Word(String),
    /// A number, and how many digits it was written with.
    Number(u32, usize),
    Time(u32),
    Comment,
    Sign(char),
    /// `||`
    Instead,
}

/// None where a quotation has no end, a sign stands alone that comes in pairs, or a number is too long.
pub fn tokens(text: &str) -> Option<Vec<Token>> {
    if text.len() > LONGEST {
        return None;
    }
    let letters: Vec<char> = text.chars().map(narrow).collect();
    let run = |from: usize, of: fn(&char) -> bool| letters[from..].iter().take_while(|letter| of(letter)).count();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(letter) = letters.get(at) {
        match letter {
            _ if letter.is_whitespace() => at += 1,
            '"' => {
                at += letters[at + 1..].iter().position(|letter| *letter == '"')? + 2;
                found.push(Token::Comment);
            }
            '|' => {
                (letters.get(at + 1) == Some(&'|')).then_some(())?;
                at += 2;
                found.push(Token::Instead);
            }
            _ if letter.is_ascii_digit() => {
                let (number, digits) = number(&letters[at..])?;
                at += digits;
                let minutes = letters.get(at) == Some(&':') && letters.get(at + 1).is_some_and(char::is_ascii_digit);
                if minutes {
                    let (minutes, its_digits) = self::number(&letters[at + 1..])?;
                    at += 1 + its_digits;
                    let is_time =
                        digits <= 2 && its_digits == 2 && minutes < 60 && number * 60 + minutes <= 2 * DAY_MIN;
                    is_time.then_some(())?;
                    found.push(Token::Time(number * 60 + minutes));
                } else {
                    found.push(Token::Number(number, digits));
                }
            }
            _ if letter.is_ascii_alphabetic() => {
                let length = run(at, char::is_ascii_alphabetic);
                found.push(Token::Word(letters[at..at + length].iter().collect::<String>().to_ascii_lowercase()));
                at += length;
            }
            _ => {
                found.push(Token::Sign(*letter));
                at += 1;
            }
        }
    }
    Some(found)
}

fn number(letters: &[char]) -> Option<(u32, usize)> {
    let digits: String = letters.iter().take_while(|letter| letter.is_ascii_digit()).collect();
    if digits.len() > 4 {
        return None;
    }
    Some((digits.parse().ok()?, digits.len()))
}

/// Signs as keyboards of China and word processors write them.
fn narrow(letter: char) -> char {
    match letter {
        '：' => ':',
        '，' => ',',
        '；' => ';',
        '“' | '”' => '"',
        '－' | '–' | '—' => '-',
        _ => letter,
    }
}
