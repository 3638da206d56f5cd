//! Countries by name.

use crate::builtin::expect_text;
use crate::builtin::text::read;
use crate::value::{Builtin, Example, Kind, Typed};

pub(super) const ROWS: &[Builtin] = &[Builtin {
    name: "country_code",
    signature: "country_code(name: text) -> text?",
    doc: "The ISO 3166 code of a country named in Dutch, English, German or French; not set when the name is not known.",
    examples: &[
        Example { call: r#"country_code("België")"#, gives: r#""BE""# },
        Example { call: r#"country_code("Netherlands")"#, gives: r#""NL""# },
        Example { call: r#"country_code("Atlantis")"#, gives: "none" },
    ],
    arity: (1, 1),
    kind: |given| {
        expect_text(given, 0)?;
        Ok(Typed::maybe(Kind::Text))
    },
    spreads: true,
    call: |arena, given| {
        let name = read(arena, given[0]).trim().to_lowercase();
        let code = NAMES.iter().find(|(_, names)| names.split('|').any(|known| known == name)).map(|(code, _)| *code);
        let code = code.or_else(|| {
            let upper = name.to_uppercase();
            NAMES.iter().find(|(known, _)| *known == upper).map(|(code, _)| *code)
        });
        Ok(arena.put_value(code.unwrap_or_default()))
    },
}];

/// Codes, and the names people and shops write.
const NAMES: &[(&str, &str)] = &[
    ("NL", "nederland|netherlands|the netherlands|niederlande|pays-bas|holland"),
    ("BE", "belgië|belgie|belgium|belgien|belgique"),
    ("DE", "duitsland|germany|deutschland|allemagne"),
    ("FR", "frankrijk|france|frankreich"),
    ("LU", "luxemburg|luxembourg"),
    (
        "GB",
        "verenigd koninkrijk|united kingdom|groot-brittannië|great britain|vereinigtes königreich|royaume-uni|engeland|england",
    ),
    ("IE", "ierland|ireland|irland|irlande"),
    ("AT", "oostenrijk|austria|österreich|autriche"),
    ("CH", "zwitserland|switzerland|schweiz|suisse"),
    ("ES", "spanje|spain|spanien|espagne|españa"),
    ("PT", "portugal"),
    ("IT", "italië|italie|italy|italien|italia"),
    ("DK", "denemarken|denmark|dänemark|danemark|danmark"),
    ("SE", "zweden|sweden|schweden|suède|sverige"),
    ("NO", "noorwegen|norway|norwegen|norvège|norge"),
    ("FI", "finland|finnland|finlande|suomi"),
    ("IS", "ijsland|iceland|island|islande"),
    ("PL", "polen|poland|pologne|polska"),
    ("CZ", "tsjechië|tsjechie|czechia|czech republic|tschechien|tchéquie|république tchèque"),
    ("SK", "slowakije|slovakia|slowakei|slovaquie"),
    ("HU", "hongarije|hungary|ungarn|hongrie"),
    ("SI", "slovenië|slovenie|slovenia|slowenien|slovénie"),
    ("HR", "kroatië|kroatie|croatia|kroatien|croatie"),
    ("RO", "roemenië|roemenie|romania|rumänien|roumanie"),
    ("BG", "bulgarije|bulgaria|bulgarien|bulgarie"),
    ("GR", "griekenland|greece|griechenland|grèce"),
    ("CY", "cyprus|zypern|chypre"),
    ("MT", "malta|malte"),
    ("EE", "estland|estonia|estonie"),
    ("LV", "letland|latvia|lettland|lettonie"),
    ("LT", "litouwen|lithuania|litauen|lituanie"),
    ("LI", "liechtenstein"),
    ("MC", "monaco"),
    ("TR", "turkije|turkey|türkiye|türkei|turquie"),
    ("UA", "oekraïne|ukraine"),
    ("US", "verenigde staten|united states|united states of america|vereinigte staaten|états-unis|usa"),
    ("CA", "canada|kanada"),
    ("AU", "australië|australie|australia|australien"),
    ("NZ", "nieuw-zeeland|new zealand|neuseeland|nouvelle-zélande"),
    ("JP", "japan|japon"),
    ("CN", "china|chine"),
    ("ZA", "zuid-afrika|south africa|südafrika|afrique du sud"),
    ("MA", "marokko|morocco|maroc"),
    ("SR", "suriname|surinam"),
    ("CW", "curaçao|curacao"),
    ("AW", "aruba"),
    ("IL", "israël|israel"),
    ("AE", "verenigde arabische emiraten|united arab emirates|vereinigte arabische emirate|émirats arabes unis"),
];
