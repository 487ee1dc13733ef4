//! The server's own troubles, and what the command line says itself.

use super::{ErrorKind, Known, file, network, refused};

pub(super) const CODES: &[Known] = &[
    network(
        "store_busy",
        "服务器正忙，请过一会儿再试。",
        "The server is busy: try again in a while.",
    )
    .later(),
    network(
        "server_full",
        "服务器的磁盘满了，请通知系统管理员清理，然后再试，填过的内容都还在本机。",
        "The server's disk is full: ask the operator to free some space, then try again, all you \
         entered is still here.",
    )
    .later(),
    network(
        "server_read_only",
        "服务器的磁盘不能写入，请通知系统管理员检查，然后再试，填过的内容都还在本机。",
        "The server's disk cannot be written: ask the operator to check it, then try again, all you \
         entered is still here.",
    )
    .later(),
    network(
        "store_damaged",
        "服务器的数据损坏了，请立即通知系统管理员，从备份恢复。",
        "The server's data is damaged: tell the operator at once, to restore it from a backup.",
    ),
    network(
        "server_not_running",
        "这个目录上没有正在运行的服务器，请先启动服务器再试。",
        "No server is running on this folder: start it and try again.",
    )
    .later(),
    network(
        "server_silent",
        "这个目录上的服务器在运行，但没有应答，请先停掉它，启动后再试。",
        "A server runs on this folder and does not answer: stop it first, start it, and try again.",
    )
    .later(),
    file(
        "certificate_failed",
        "服务器的证书用不了，请检查目录里的证书文件和权限。",
        "The server's certificate cannot be used: check its files in the folder and their permissions.",
    ),
    file(
        "server_in_use",
        "这个目录上已经有一台服务器在运行，请先停掉它，或换一个目录。",
        "A server is running on this directory already: stop it first, or choose another directory.",
    ),
    file(
        "data_path_too_long",
        "服务器目录的路径太长，管理用的套接字放不下，请换一个路径较短的目录，例如 /var/lib/keting。",
        "The path of the server's folder is too long for its socket: choose a folder with a \
         shorter path, such as /var/lib/keting.",
    ),
    file(
        "address_taken",
        "这个地址用不了，可能被别的程序占用，或不是这台机器的地址，请关掉那个程序，或换一个地址或端口。",
        "This address cannot be used, because another program has it or because it is not this machine's: \
         close that program, or choose another address or port.",
    ),
    refused(
        "folder_of_server",
        "这是服务器的目录，不是设备的，请选服务器的命令：keting server status、keting device list、keting grant list、keting invitation list、keting verify、keting inspect 或 keting doctor。",
        "This is a server's folder and not a device's: choose one of the server's verbs, which are keting server status, keting device list, keting grant list, keting invitation list, keting verify, keting inspect and keting doctor.",
    ),
    refused(
        "bad_listen",
        "监听地址不对，请把 --listen 改正为地址加端口，写法可加上 --help 查看。",
        "This is not an address with a port to listen on: correct --listen, and add --help to see how it is \
         written.",
    ),
    refused(
        "listen_ambiguous",
        "这个名称对应几个地址，请把 --listen 改正为其中一个地址加端口。",
        "This name stands for several addresses: correct --listen to one of them with a port.",
    ),
    refused(
        "bad_url",
        "设备用不了这个地址，请把 --url 改正为设备能连的地址，写法可加上 --help 查看。",
        "Devices cannot use this address: correct --url to one that they reach, and add --help to see how it \
         is written.",
    ),
    refused(
        "too_many_addresses",
        "服务器最多公告四个地址，请只选要用的几个。",
        "A server announces four addresses at most: choose those that are to be used.",
    ),
    refused(
        "too_many_keys",
        "服务器已经有四个密钥同时在用，请稍候，等最旧的一个停用后再试（最多三十天）。",
        "The server has four TLS keys already: wait until the oldest is over, which takes thirty days at \
         most, and try again.",
    )
    .later(),
    refused(
        "bad_log_level",
        "环境变量 KETING_LOG 只能是 error、warn、info、debug 或 trace，请选一个。",
        "KETING_LOG can be error, warn, info, debug or trace: choose one of these.",
    ),
    file(
        "output_closed",
        "结果没能写出去，请检查接收输出的程序或文件。",
        "The output could not be written: check the program or file that takes it.",
    ),
    file(
        "difference",
        "核对发现数据有出入，请保留文件，把列出的内容交给系统管理员。",
        "The check found differences: keep the file and give the operator what is listed.",
    ),
    refused(
        "unwell",
        "检查发现了故障，请按上面列出的顺序处理，再检查一次。",
        "The check-up found faults: deal with what stands above in its order, and check again.",
    ),
    Known::new(
        "demo_failed",
        ErrorKind::Internal,
        "演示里有一处和预期不符，请看上面的提示，并告诉软件的维护者。",
        "Something in the demo did not turn out as it should: read what stands above and tell the \
         maintainers of the software.",
    ),
    refused(
        "demo_interrupted",
        "演示已中断，想看完请重新开始。",
        "The demo was interrupted: begin again to see all of it.",
    ),
    refused(
        "usage",
        "参数不对，请加上 --help 查看用法。",
        "The arguments do not make sense: add --help to see how it is used.",
    ),
];
