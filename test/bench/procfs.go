// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// ticksPerSecond is what the kernel counts CPU time in, for whoever reads /proc.
const ticksPerSecond = 100

// usage is CPU time used so far, in seconds.
type usage struct {
	at                time.Time
	operator, server  float64
	plane, harness    float64 // all programs of the control plane; this program
	machine, withheld float64 // everybody on the machine; what its host gave to other machines
}

// usage reads what has been used. What cannot be read counts as nothing: on systems without /proc
// everything does.
func (st *stage) usage() usage {
	now := usage{at: time.Now(), harness: cpuSeconds(os.Getpid())}
	if st.operator != nil {
		now.operator = cpuSeconds(st.operator.PID())
	}
	files, _ := filepath.Glob(filepath.Join(st.cluster.Dir, "*.pid")) // the pattern is well-formed
	for _, file := range files {
		text, _ := os.ReadFile(file)
		pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		used := cpuSeconds(pid)
		now.plane += used
		if filepath.Base(file) == "kube-apiserver.pid" {
			now.server = used
		}
	}
	now.machine, now.withheld = machineSeconds()
	return now
}

// disturbed is how much disturbance, in per cent, is too much for times to be compared as they are.
const disturbed = 15

// cost is what a run took of the machine, in seconds of CPU: the operator, the API server, and all
// that is part of the bench together.
type cost struct {
	Operator, Server, All float64
	// Disturbance is the share of the machine that went to programs that are no part of the bench, or
	// to other machines on the same host, in per cent.
	Disturbance float64
}

// spent is what was taken between two readings.
func spent(before, after usage) cost {
	c := cost{Operator: after.operator - before.operator, Server: after.server - before.server}
	c.All = c.Operator + after.plane - before.plane + after.harness - before.harness
	others := after.machine - before.machine - c.All + after.withheld - before.withheld
	c.Disturbance = max(0, 100*others/(after.at.Sub(before.at).Seconds()*float64(runtime.NumCPU())))
	return c
}

// cpuSeconds is the CPU time a process has used.
func cpuSeconds(pid int) float64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(text), ") ") // its name is in brackets and may hold spaces
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	return ticks(fields[11]) + ticks(fields[12]) // utime and stime
}

// machineSeconds is the CPU time all processes have used, and that the host has withheld.
func machineSeconds() (used, withheld float64) {
	text, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(text), "\n")
	fields := strings.Fields(line) // cpu user nice system idle iowait irq softirq steal …
	if len(fields) < 9 {
		return 0, 0
	}
	for _, i := range []int{1, 2, 3, 6, 7} {
		used += ticks(fields[i])
	}
	return used, ticks(fields[8])
}

func ticks(text string) float64 {
	count, _ := strconv.ParseFloat(text, 64)
	return count / ticksPerSecond
}

// memory is a process's resident memory now and at its highest, and of an operator what its last collection of
// garbage found to be in use, in MiB. Only that is the same for the same work: the rest depends on when garbage was
// collected, and on what the runtime has given back since.
type memory struct{ Now, Peak, Live float64 }

func memoryOf(pid int) memory {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	var read memory
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		kib, _ := strconv.ParseFloat(fields[1], 64)
		switch fields[0] {
		case "VmRSS:":
			read.Now = kib / 1024
		case "VmHWM:":
			read.Peak = kib / 1024
		}
	}
	return read
}
