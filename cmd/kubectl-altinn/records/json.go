// SPDX-License-Identifier: BSD-3-Clause

package records

import (
	"encoding/json"
	"fmt"
)

// JSON writes a record for programs: values with their labels, null for what is unknown.
func JSON(record Record) ([]byte, error) {
	content, err := json.MarshalIndent(record, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the record as JSON: %w", err)
	}
	return append(content, '\n'), nil
}
