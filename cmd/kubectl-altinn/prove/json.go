// SPDX-License-Identifier: BSD-3-Clause

package prove

import (
	"encoding/json"
	"fmt"
)

// JSON writes a proof for programs.
func JSON(proof Proof) ([]byte, error) {
	content, err := json.MarshalIndent(proof, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the proof as JSON: %w", err)
	}
	return append(content, '\n'), nil
}
