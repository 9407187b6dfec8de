package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// termGrace is how long a program may take to end after SIGTERM. The API server drains its requests.
	termGrace = 10 * time.Second
	// killGrace is how long the kernel may take to end a program after SIGKILL.
	killGrace = 5 * time.Second
	// pollEvery is short because starts and stops are waited for by people and by tests.
	pollEvery = 25 * time.Millisecond
	// tailLines is how much of a log an error quotes: enough for the reason, few enough to read.
	tailLines = 15
)

// process is one program of a cluster. Its pid and log files make it findable by other processes.
type process struct {
	dir, name string
}

func (p process) pidFile() string { return filepath.Join(p.dir, p.name+".pid") }
func (p process) logFile() string { return filepath.Join(p.dir, p.name+".log") }

// start launches the program in a session of its own, so that neither the end of the caller nor Ctrl-C in
// its terminal reaches it. The environment is reduced to what the programs need: etcd and kwok would
// otherwise take options from variables, and kwok from a file in the user's home.
func (p process) start(binary string, args []string) error {
	log, err := os.OpenFile(p.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("starting %s: %w", p.name, err)
	}
	defer func() { _ = log.Close() }() // the program has its own copy
	cmd := exec.Command(binary, args...)
	cmd.Dir = p.dir
	cmd.Env = []string{"HOME=" + p.dir, "PATH=" + os.Getenv("PATH")}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", p.name, err)
	}
	// Reaps the program if it ends before we do: a zombie would look alive to whoever asks the kernel.
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	if err := os.WriteFile(p.pidFile(), []byte(strconv.Itoa(cmd.Process.Pid)+"\n"), 0o600); err != nil {
		return errors.Join(fmt.Errorf("starting %s: %w", p.name, err), cmd.Process.Kill())
	}
	named(cmd.Process.Pid, ended)
	return nil
}

// named waits until the kernel shows a new program's command line. It does so only when the program is
// loaded, which takes a while where the file is read from disk for the first time; whoever looked before
// would take the program for ended.
func named(pid int, ended <-chan struct{}) {
	deadline := time.After(termGrace)
	for commandLine(pid) == "" {
		select {
		case <-ended:
			return
		case <-deadline:
			return
		case <-time.After(pollEvery):
		}
	}
}

// find returns the running process, or nil when there is none: never started, ended, or its pid has gone
// to a program that is not ours.
func (p process) find() (*os.Process, error) {
	text, err := os.ReadFile(p.pidFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for %s: %w", p.name, err)
	}
	pid := parsePID(text)
	if pid == 0 {
		return nil, nil
	}
	// The handle is taken before the look at the command line, so that a signal sent through it cannot
	// reach a later process with the same pid.
	handle, err := os.FindProcess(pid)
	if err != nil {
		return nil, fmt.Errorf("looking for %s: %w", p.name, err)
	}
	if !strings.Contains(commandLine(pid), p.dir+string(filepath.Separator)) {
		return nil, handle.Release()
	}
	return handle, nil
}

// parsePID returns 0 for a file that was cut short when the machine went down, or that would name every process.
func parsePID(text []byte) int {
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 1 {
		return 0
	}
	return pid
}

func (p process) alive() bool {
	handle, err := p.find()
	if err != nil || handle == nil {
		return false
	}
	_ = handle.Release()
	return true
}

// signal sends a signal to the program if it runs.
func (p process) signal(signal syscall.Signal) error {
	handle, err := p.find()
	if err != nil || handle == nil {
		return err
	}
	defer func() { _ = handle.Release() }()
	if err := handle.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("sending %v to %s: %w", signal, p.name, err)
	}
	return nil
}

// gone waits until the program no longer runs, and says whether that came within the limit.
func (p process) gone(limit time.Duration) bool {
	deadline := time.Now().Add(limit)
	for p.alive() {
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(pollEvery)
	}
	return true
}

// stop ends programs together: asked first, then killed. It returns when none of them runs any more.
func stop(processes ...process) error {
	var problems []error
	for _, p := range processes {
		problems = append(problems, p.signal(syscall.SIGTERM))
	}
	for _, p := range processes {
		if p.gone(termGrace) {
			continue
		}
		problems = append(problems, p.signal(syscall.SIGKILL))
		if !p.gone(killGrace) {
			problems = append(problems, fmt.Errorf("%s still runs after SIGKILL", p.name))
		}
	}
	return errors.Join(problems...)
}

// tail returns the last lines of the program's log; of a crash those before the stack, which hold the reason.
func (p process) tail() string {
	text, err := os.ReadFile(p.logFile())
	if err != nil {
		return "(no log: " + err.Error() + ")"
	}
	log, _, _ := strings.Cut(string(text), "\ngoroutine ")
	lines := strings.Split(strings.TrimSpace(log), "\n")
	return strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
}

// commandLine returns a process's program and arguments, empty when it does not run (a zombie does not).
func commandLine(pid int) string {
	if _, err := os.Stat("/proc/self/cmdline"); err == nil {
		text, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline")) // unreadable: not ours
		return string(text)
	}
	text, _ := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output() // none: exit 1
	return string(text)
}
