// SPDX-License-Identifier: BSD-3-Clause

package records

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// Language is a language a record is written in, by its code in HTML.
type Language string

// The languages of a record.
const (
	// Bokmal is Norwegian bokmål.
	Bokmal Language = "nb"
	// English is British English.
	English Language = "en"
)

// Languages are all languages of a record.
var Languages = []Language{Bokmal, English}

// entry is a value of the API and what people call it.
type entry struct{ value, nb, en string }

// vocabulary is the values of one field, in the order they are told in.
type vocabulary []entry

// coded gives a value its label. A value of a later version of the API is its own label: it is told,
// and not dropped.
func (v vocabulary) coded(language Language, value string) Coded {
	if value == "" {
		return Coded{Label: language.mustWord("unknown")}
	}
	at := v.rank(value)
	if at == len(v) {
		return Coded{Value: value, Label: value}
	}
	return Coded{Value: value, Label: language.choose(v[at].nb, v[at].en)}
}

// rank is where a value stands; values that are not in the vocabulary come last.
func (v vocabulary) rank(value string) int {
	at := slices.IndexFunc(v, func(e entry) bool { return e.value == value })
	if at < 0 {
		return len(v)
	}
	return at
}

// allCoded gives the values of a set their labels, in the order of the vocabulary. A set without
// values is unknown: the API asks for at least one wherever this is used.
func allCoded[T ~string](v vocabulary, language Language, values []T) []Coded {
	if len(values) == 0 {
		return nil
	}
	all := make([]Coded, 0, len(values))
	for _, value := range values {
		all = append(all, v.coded(language, string(value)))
	}
	slices.SortFunc(all, func(a, b Coded) int {
		return cmp.Or(cmp.Compare(v.rank(a.Value), v.rank(b.Value)), cmp.Compare(a.Value, b.Value))
	})
	return all
}

func (l Language) choose(nb, en string) string {
	if l == Bokmal {
		return nb
	}
	return en
}

// text picks the language's text of three; without it, one of the others.
func (l Language) text(texts v1alpha1.LocalizedText) Word {
	first, second := texts.EN, texts.NB
	if l == Bokmal {
		first, second = texts.NB, texts.EN
	}
	return Word(cmp.Or(first, second, texts.NN))
}

// word is a label of the page or the table. An unknown key is a mistake in this package.
func (l Language) word(key string) (string, error) {
	at := words.rank(key)
	if at == len(words) {
		return "", fmt.Errorf("there is no word %q", key)
	}
	return l.choose(words[at].nb, words[at].en), nil
}

// mustWord is word for keys that stand in the code, which the tests call all of.
func (l Language) mustWord(key string) string {
	word, err := l.word(key)
	if err != nil {
		panic(err)
	}
	return word
}

// country names a country. One that is not in the table is told by its code.
func (l Language) country(code string) Coded { return countries.coded(l, code) }

// day writes a date as YYYY-MM-DD the way people do.
func (l Language) day(date string) string {
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return l.date(at)
}

// instant writes an instant with its clock time in UTC: agreements begin and end at instants, and the
// zone of the one who reads is not known.
func (l Language) instant(at time.Time) string {
	if at.IsZero() {
		return l.mustWord("unknown")
	}
	at = at.UTC()
	return l.date(at) + l.choose(" kl. ", ", ") + at.Format(l.choose("15.04", "15:04")) + " UTC"
}

func (l Language) date(at time.Time) string {
	month := months[at.Month()-1]
	return fmt.Sprintf("%d%s %s %d", at.Day(), l.choose(".", ""), l.choose(month.nb, month.en), at.Year())
}

var months = []entry{
	{"01", "januar", "January"}, {"02", "februar", "February"}, {"03", "mars", "March"},
	{"04", "april", "April"}, {"05", "mai", "May"}, {"06", "juni", "June"},
	{"07", "juli", "July"}, {"08", "august", "August"}, {"09", "september", "September"},
	{"10", "oktober", "October"}, {"11", "november", "November"}, {"12", "desember", "December"},
}

// article cites a paragraph and letter of the GDPR, the letter empty for the whole paragraph.
func (l Language) article(number, paragraph int, letter string) string {
	if l == Bokmal {
		return strings.TrimSpace(fmt.Sprintf("art. %d nr. %d %s", number, paragraph, letter))
	}
	if letter != "" {
		letter = "(" + letter + ")"
	}
	return fmt.Sprintf("art. %d(%d)%s", number, paragraph, letter)
}

// days counts days in words.
func (l Language) days(count int32) string {
	if count == 1 || count == -1 {
		return fmt.Sprintf("%d %s", count, l.choose("dag", "day"))
	}
	return fmt.Sprintf("%d %s", count, l.choose("dager", "days"))
}

// organizationNumber groups the nine digits by three, as Enhetsregisteret writes them.
func organizationNumber(number string) string {
	if len(number) != 9 {
		return number
	}
	return strings.Join([]string{number[:3], number[3:6], number[6:]}, "\u00a0")
}
