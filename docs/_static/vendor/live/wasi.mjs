export { WASI, WASIProcExit, Fd, Inode, File, Directory, OpenFile, PreopenDirectory, ConsoleStdout, wasi } from "@bjorn3/browser_wasi_shim";
export { Decompress, decompress } from "fzstd";
