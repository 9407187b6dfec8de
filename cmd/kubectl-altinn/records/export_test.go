// SPDX-License-Identifier: BSD-3-Clause

package records

// What the tests look into: the words of both languages.
var (
	Enums     = texts(enums...)
	Findings  = texts(findings...)
	Words     = texts(words)[0]
	Countries = texts(countries)[0]
)

// Text is a value with its labels.
type Text struct{ Value, NB, EN string }

func texts(vocabularies ...vocabulary) [][]Text {
	var all [][]Text
	for _, v := range vocabularies {
		var one []Text
		for _, e := range v {
			one = append(one, Text{Value: e.value, NB: e.nb, EN: e.en})
		}
		all = append(all, one)
	}
	return all
}
