//! Countries as both systems know them: who is in the European Union, and their Dutch names.

/// The countries of the European Union.
pub(super) const UNION: [&str; 27] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// The Dutch name of a country, or its code.
pub(super) fn name(code: &str) -> &str {
    match code {
        "NL" => "Nederland",
        "BE" => "België",
        "DE" => "Duitsland",
        "FR" => "Frankrijk",
        "LU" => "Luxemburg",
        "ES" => "Spanje",
        "CH" => "Zwitserland",
        "GB" => "Verenigd Koninkrijk",
        _ => code,
    }
}
