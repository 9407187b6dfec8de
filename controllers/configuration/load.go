// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// Load reads and checks the file. Each thing wrong is a line of the error: file, line, key, what is
// wrong and what is allowed.
func Load(path string) (*Operator, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	return parse(path, raw)
}

func parse(path string, raw []byte) (*Operator, error) {
	asJSON, err := yaml.YAMLToJSONStrict(raw)
	if err != nil {
		return nil, fmt.Errorf("%s is not valid YAML: %w", path, err)
	}
	lines, err := linesOf(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	operator := defaults()
	if _, given := lines["registry"]; given {
		operator.Registry = usualRegistry() // only then: what is left out altogether stays nil
	}
	if _, given := lines["selfService"]; given {
		operator.SelfService = usualSelfService()
	}
	operator.Storage = usualStorage(lines)
	unknown, err := kjson.UnmarshalStrict(asJSON, operator)
	if err != nil {
		return nil, undecodable(path, lines, asJSON, err)
	}
	operator.Regions.complete()
	operator.Consents.complete()
	var wrong []error
	for _, err := range unknown {
		key := quoted.FindStringSubmatch(err.Error())
		if key == nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", path, err))
			continue
		}
		wrong = append(wrong, fmt.Errorf("%s:%d: %s: unknown key; remove it or correct its spelling", path, lines.at(key[1]), key[1]))
	}
	for _, err := range validate(operator) {
		wrong = append(wrong, fmt.Errorf("%s:%d: %w", path, lines.at(err.Field), asError(err)))
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return operator, nil
}

// quoted finds the key in the decoder's message.
var quoted = regexp.MustCompile(`"([^"]+)"`)

func asError(err *field.Error) error { return err }

// needed names what a value must be.
var needed = map[reflect.Kind]string{
	reflect.String: "a text", reflect.Int: "a whole number", reflect.Int32: "a whole number", reflect.Float64: "a number",
	reflect.Slice: "a list", reflect.Map: "a map", reflect.Struct: "a map", reflect.Bool: "true or false",
}

// durationKeys are the keys with a duration.
var durationKeys = []string{"registry.resync", "selfService.keys.rotateAfter", "selfService.propagation", "selfService.resync"}

// undecodable says where the values are that the decoder could not take. It tells the place of one
// of a wrong type, but not that of a wrong quantity, and of a wrong duration not what is needed.
func undecodable(path string, lines positions, asJSON []byte, err error) error {
	var mistyped *json.UnmarshalTypeError
	if errors.As(err, &mistyped) && mistyped.Field != "" && !slices.Contains(durationKeys, mistyped.Field) {
		hint := ""
		if mistyped.Type.Kind() == reflect.String && strings.HasPrefix(mistyped.Value, "number") {
			hint = ": put it in quotes"
		}
		return fmt.Errorf("%s:%d: %s: must be %s, not %s%s", path, lines.at(mistyped.Field), mistyped.Field, needed[mistyped.Type.Kind()], mistyped.Value, hint)
	}
	var wrong []error
	for _, bad := range slices.Concat(badQuantities(asJSON), badDurations(asJSON)) {
		wrong = append(wrong, fmt.Errorf("%s:%d: %s: %s must be %s", path, lines.at(bad.key), bad.key, bad.value, bad.allowed))
	}
	if len(wrong) > 0 {
		return errors.Join(wrong...)
	}
	return fmt.Errorf("%s: %w", path, err)
}

// unreadable is a value that does not read as what it must be.
type unreadable struct{ key, value, allowed string }

// sizeKey is the key with the size of volumes.
const sizeKey = "storage.volumes.size"

func badQuantities(asJSON []byte) []unreadable {
	var file struct {
		Profiles map[string]map[string]any `json:"quotaProfiles"`
	}
	if json.Unmarshal(asJSON, &file) != nil {
		return nil
	}
	var bad []unreadable
	for _, profile := range slices.Sorted(maps.Keys(file.Profiles)) {
		for _, name := range slices.Sorted(maps.Keys(file.Profiles[profile])) {
			bad = append(bad, badQuantity("quotaProfiles."+profile+"."+name, file.Profiles[profile][name])...)
		}
	}
	var size any
	if raw := at(asJSON, strings.Split(sizeKey, ".")); raw != nil && json.Unmarshal(raw, &size) != nil {
		return bad
	}
	return append(bad, badQuantity(sizeKey, size)...)
}

// badQuantity is what of a value is no quantity; one that is left out reads as none.
func badQuantity(key string, value any) []unreadable {
	if value == nil {
		return nil
	}
	text := fmt.Sprint(value)
	if _, err := resource.ParseQuantity(text); err == nil {
		return nil
	}
	return []unreadable{{key, strconv.Quote(text), "a quantity, as 500m or 2Gi"}}
}

func badDurations(asJSON []byte) []unreadable {
	var bad []unreadable
	for _, key := range durationKeys {
		raw := at(asJSON, strings.Split(key, "."))
		var read metav1.Duration
		if raw != nil && read.UnmarshalJSON(raw) != nil {
			bad = append(bad, unreadable{key, string(raw), "a duration with its unit, as 30m or 1h"})
		}
	}
	return bad
}

// at finds what stands under keys, each within the one before; nil when nothing does.
func at(asJSON json.RawMessage, keys []string) json.RawMessage {
	for _, key := range keys {
		var values map[string]json.RawMessage
		if json.Unmarshal(asJSON, &values) != nil {
			return nil
		}
		asJSON = values[key]
	}
	return asJSON
}
