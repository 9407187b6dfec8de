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
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
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
	unknown, err := kjson.UnmarshalStrict(asJSON, operator)
	if err != nil {
		return nil, undecodable(path, lines, asJSON, err)
	}
	operator.Regions.complete()
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
	reflect.String: "a text", reflect.Int: "a whole number", reflect.Slice: "a list", reflect.Map: "a map", reflect.Struct: "a map",
}

// undecodable says where the values are that the decoder could not take. It tells the place of one
// of a wrong type, but not that of a wrong quantity.
func undecodable(path string, lines positions, asJSON []byte, err error) error {
	var mistyped *json.UnmarshalTypeError
	if errors.As(err, &mistyped) && mistyped.Field != "" {
		hint := ""
		if mistyped.Type.Kind() == reflect.String && strings.HasPrefix(mistyped.Value, "number") {
			hint = ": put it in quotes"
		}
		return fmt.Errorf("%s:%d: %s: must be %s, not %s%s", path, lines.at(mistyped.Field), mistyped.Field, needed[mistyped.Type.Kind()], mistyped.Value, hint)
	}
	var quotas struct {
		Profiles map[string]map[string]any `json:"quotaProfiles"`
	}
	var wrong []error
	if json.Unmarshal(asJSON, &quotas) == nil {
		for _, profile := range slices.Sorted(maps.Keys(quotas.Profiles)) {
			for _, name := range slices.Sorted(maps.Keys(quotas.Profiles[profile])) {
				value := fmt.Sprint(quotas.Profiles[profile][name])
				if _, bad := resource.ParseQuantity(value); bad != nil {
					key := "quotaProfiles." + profile + "." + name
					wrong = append(wrong, fmt.Errorf("%s:%d: %s: %q must be a quantity, as 500m or 2Gi", path, lines.at(key), key, value))
				}
			}
		}
	}
	if len(wrong) > 0 {
		return errors.Join(wrong...)
	}
	return fmt.Errorf("%s: %w", path, err)
}
