// SPDX-License-Identifier: BSD-3-Clause

package records

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// byteOrderMark tells Excel that the text is UTF-8; without it æ, ø and å come out wrong.
const byteOrderMark = "\ufeff"

// columns are the table's: the key of the heading's word, and what stands below.
var columns = []struct {
	key  string
	cell func(row) string
}{
	{"controllerCode", func(r row) string { return r.known(string(r.controller.Code)) }},
	{"controller", func(r row) string { return r.known(string(r.controllerName())) }},
	{"organizationNumber", func(r row) string { return r.known(string(r.controller.OrganizationNumber)) }},
	{"privacyContact", row.privacy},
	{"processor", func(r row) string {
		return r.record.Processor.Name + " (" + r.record.Processor.OrganizationNumber + ")"
	}},
	{"kind", func(r row) string { return r.Kind.Label }},
	{"namespace", func(r row) string { return r.Namespace }},
	{"name", func(r row) string { return r.Name }},
	{"title", func(r row) string { return r.known(string(r.Heading)) }},
	{"purpose", func(r row) string { return r.known(r.Purpose.Name) }},
	{"purposeDescription", func(r row) string { return join(r, r.Purpose.Descriptions, same) }},
	{"legalBases", func(r row) string { return join(r, r.LegalBases, label) }},
	{"dataCategories", func(r row) string { return join(r, r.DataCategories, label) }},
	{"dataSubjects", func(r row) string { return join(r, r.DataSubjects, label) }},
	{"recipients", func(r row) string { return join(r, r.Recipients, row.recipients) }},
	{"subProcessors", func(r row) string { return join(r, r.SubProcessors, row.subProcessor) }},
	{"thirdCountries", func(r row) string { return join(r, r.ThirdCountries, label) }},
	{"countryUnknown", func(r row) string { return join(r, r.CountryUnknown, same) }},
	{"retentionDays", func(r row) string { return r.number(r.Retention.Days) }},
	{"containers", func(r row) string { return join(r, r.Retention.Containers, row.container) }},
	{"limits", func(r row) string { return join(r, r.Retention.Limits, row.limit) }},
	{"softDeleteDays", func(r row) string { return r.number(r.Retention.SoftDeleteDays) }},
	{"regions", func(r row) string { return join(r, r.Regions, row.region) }},
	{"securityMeasures", func(r row) string { return join(r, r.Measures, row.measure) }},
	{"agreements", func(r row) string { return join(r, r.Coverage.Agreements, row.link) }},
	{"coverage", func(r row) string { return r.Coverage.Result.Label }},
	{"ready", func(r row) string { return r.evidence(r.Ready) }},
	{"exportedAt", func(r row) string { return r.record.ExportedAt.Format(time.RFC3339) }},
}

// row is a processing with the controller and the record it belongs to.
type row struct {
	Processing
	controller *Controller
	record     *Record
}

// CSV writes one row per processing, for spreadsheets: with semicolons between the cells, as Excel in
// Norway reads them, and several values in one cell joined by "; ".
func CSV(record Record) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString(byteOrderMark)
	table := csv.NewWriter(&out)
	table.Comma, table.UseCRLF = ';', true
	var headings []string
	for _, column := range columns {
		headings = append(headings, record.Language.mustWord(column.key))
	}
	lines := [][]string{headings}
	for i := range record.Controllers {
		controller := &record.Controllers[i]
		for _, processing := range controller.Processings {
			r := row{Processing: processing, controller: controller, record: &record}
			var cells []string
			for _, column := range columns {
				cells = append(cells, harmless(column.cell(r)))
			}
			lines = append(lines, cells)
		}
	}
	if err := table.WriteAll(lines); err != nil {
		return nil, fmt.Errorf("writing the record as CSV: %w", err)
	}
	return out.Bytes(), nil
}

// harmless keeps a spreadsheet from taking a text for a formula.
func harmless(cell string) string {
	start := strings.TrimLeftFunc(cell, func(r rune) bool { return r == '\ufeff' || unicode.IsSpace(r) || unicode.IsControl(r) })
	if start != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(start)[0]) {
		return "'" + cell
	}
	if strings.HasPrefix(cell, "\t") || strings.HasPrefix(cell, "\r") || strings.HasPrefix(cell, "\n") {
		return "'" + cell
	}
	return cell
}

// join writes a list, or the word for one that is unknown or empty.
func join[T any](r row, list []T, say func(row, T) string) string {
	if list == nil {
		return r.record.Language.mustWord("unknown")
	}
	if len(list) == 0 {
		return r.record.Language.mustWord("none")
	}
	var said []string
	for _, element := range list {
		said = append(said, say(r, element))
	}
	return strings.Join(said, "; ")
}

func same(_ row, text string) string { return text }

func label(_ row, value Coded) string { return value.Label }

func (r row) known(text string) string {
	if text == "" {
		return r.record.Language.mustWord("unknown")
	}
	return text
}

func (r row) number(days *int32) string {
	if days == nil {
		return r.record.Language.mustWord("unknown")
	}
	return strconv.Itoa(int(*days))
}

func (r row) controllerName() Word {
	if r.controller.Name == nil {
		return ""
	}
	return r.record.Language.text(*r.controller.Name)
}

func (r row) privacy() string {
	for _, contact := range r.controller.Contacts {
		if contact.Role.Value == "Privacy" {
			return r.known(strings.Trim(string(contact.Email)+" "+string(contact.URL), " "))
		}
	}
	return r.known("")
}
