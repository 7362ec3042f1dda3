/// Parts one after another, with a blank behind those whose bit is set.
pub fn woven(parts: &[String], blanks: u64) -> String {
    let mut text = String::new();
    for (index, part) in parts.iter().enumerate() {
        text.push_str(part);
        text.push_str(if blanks >> index & 1 == 1 { " " } else { "" });
    }
    text
}
