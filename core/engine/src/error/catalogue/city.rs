//! What the operator enters: a city, its table of regions, an invitation.

use super::{Known, file, not_found, refused};

pub(super) const CODES: &[Known] = &[
    refused(
        "city_exists",
        "这个目录里已经有一个城市，请另选一个空目录。",
        "There is a city in this folder already: choose an empty one.",
    ),
    refused(
        "device_exists",
        "这个目录里已经有一台设备，请另选一个空目录。",
        "There is a device in this folder already: choose an empty one.",
    ),
    refused(
        "root_key_exists",
        "放根密钥的文件已经存在，请另选一个文件名，不要覆盖原来的密钥。",
        "There is a file already where the root key is to be written: choose another name and keep the \
         old key.",
    ),
    not_found(
        "no_city",
        "这个目录里还没有城市，请核对目录，或先用 keting init 建立城市。",
        "There is no city in this folder: check the folder, or make a city first with keting init.",
    ),
    refused(
        "bad_name",
        "名称要有汉字或字母，不能太长，也不能含冒号等特殊字符，请改一个。",
        "A name has a letter or Chinese character, is not too long, and holds no colons or special characters: choose another.",
    ),
    refused(
        "renewal_of_ended",
        "这台设备已停用，不能再续期，要让它重新加入，请用 keting invite 另发一份邀请再试。",
        "The device was ended and cannot be renewed: to let it in again make an invitation with keting invite and try again with that.",
    ),
    refused(
        "bad_days",
        "天数不对，请填一个合理的正整数。",
        "The number of days is not valid: enter a sensible one above zero.",
    ),
    refused(
        "wider_than_before",
        "续期不能超出原来的区域，请改正区域代码。",
        "A renewal gives no more than there was: correct the region.",
    ),
    refused(
        "beyond_issuing_key",
        "授权不能比服务器发放授权的密钥更久，请选一个较少的天数，或用根密钥续期（keting init --renew-issuing）。",
        "A permission cannot outlast the server's key for giving them: choose fewer days, or renew the \
         key with the root key (keting init --renew-issuing).",
    ),
    file(
        "root_key_malformed",
        "这个文件里没有完整的根密钥，请核对文件。",
        "This file holds no whole root key: check which file it is.",
    ),
    not_found(
        "no_such_device",
        "没有这台设备，请用 keting grant list 查看设备编号。",
        "There is no such device: look its id up with keting grant list.",
    ),
    refused(
        "ambiguous_device",
        "有几台设备的编号都这样开头，请选定一台，多写几位。",
        "Several devices have an id that begins so: choose one by more of its digits.",
    ),
    refused(
        "no_such_invitation",
        "没有这份邀请，请用 keting invitation list 查看编号。",
        "There is no such invitation: look its id up with keting invitation list.",
    ),
    refused(
        "ambiguous_invitation",
        "有几份邀请的编号都这样开头，请选定一份，多写几位。",
        "Several invitations have an id that begins so: choose one by more of its digits.",
    ),
    refused(
        "invitation_taken_up",
        "已有设备用这份邀请加入，撤回没有作用；要停用那台设备，请用 keting device end。",
        "A device has come in with this invitation, so taking it back does nothing: end that device with \
         keting device end.",
    ),
    refused(
        "bad_reason",
        "原因不能为空或太长，请填一句话，太长就缩短。",
        "The reason is empty or too long: enter one sentence, or shorten it.",
    ),
    refused(
        "unknown_role",
        "没有这个角色，可选：红管家 steward、微网格长 micro_grid_head、专职网格员 grid_worker、村社干部 \
         village_officer、镇干部 town_officer、站长 station_chief、人民调解员 mediator、矛盾纠纷中心 \
         dispute_centre、管理员 administrator。",
        "There is no such role: choose steward, micro_grid_head, grid_worker, village_officer, town_officer, \
         station_chief, mediator, dispute_centre or administrator.",
    ),
    refused(
        "unknown_region",
        "没有这个区域，请核对区域代码。",
        "There is no such region: check its code.",
    ),
    refused(
        "announced_elsewhere",
        "公告的地址都还到不了这台服务器，邀请了也加入不了，请用 keting serve --url 写明设备现在能连的地址，重新启动服务器再试。",
        "None of the announced addresses leads to this server so far, and nobody could join by an invitation: start the server again with keting serve --url and the address that devices reach now, then try again.",
    ),
    refused(
        "region_does_not_fit",
        "除管理员以外的角色都要指定区域，管理员则不能指定，请改正后再试。",
        "Every role needs a region but the administrator's, which has none: correct it and try again.",
    ),
    refused(
        "wrong_level",
        "这个角色要指定对应层级的区域，例如红管家对楼道单元、网格员对网格，请改选区域。",
        "The role is granted on a region of its own level, such as a steward's on a unit: choose one.",
    ),
    refused(
        "regions_unreadable",
        "区域表读不出来，请确认它是一个 CSV 文件，并改正指出的那一行。",
        "The table of regions cannot be read: make sure it is a CSV file and correct the line named.",
    ),
    refused(
        "regions_not_utf8",
        "区域表的编码不对，请另存为 UTF-8 编码的 CSV 再试。",
        "The table of regions has another encoding: save it as CSV in UTF-8 and try again.",
    ),
    refused(
        "regions_gbk",
        "区域表是 GBK 编码的，请在表格软件里另存为“CSV UTF-8（逗号分隔）”再试。",
        "The table of regions is in GBK: save it in the spreadsheet as CSV UTF-8 and try again.",
    ),
    refused(
        "regions_rounded_codes",
        "表格软件把区域代码当成了数字，只留前 15 位，后面的已经丢失，请先把代码两列的格式设为“文本”，重新填入代码，再另存为 CSV。",
        "The spreadsheet took codes for numbers, of which it keeps 15 digits, and the rest are lost: format both columns of codes as text, enter the codes anew and save the table as CSV.",
    ),
    refused(
        "regions_workbook",
        "这是表格软件自己的文件，请在表格软件里另存为 UTF-8 编码的 CSV 再试。",
        "This is a spreadsheet's own file: save it as CSV in UTF-8 and try again.",
    ),
    refused(
        "regions_separator",
        "区域表的各格不是用逗号隔开的，请另存为 UTF-8 编码、逗号分隔的 CSV 再试。",
        "The cells of the table of regions are not separated by commas: save it as CSV in UTF-8, with \
         commas, and try again.",
    ),
    refused(
        "regions_header",
        "区域表的第一行要是英文的表头，请补上给出的那一行，中文的表头就改成它。",
        "The table of regions begins with a header of English words: add the line that is given, in the place of a header in Chinese.",
    ),
    refused(
        "regions_missing_column",
        "区域表的表头缺了列，请补上指出的列。",
        "The header of the table of regions lacks columns: add the ones named.",
    ),
    refused(
        "regions_wrong_width",
        "区域表里有一行的列数和表头不同，请改正指出的那一行。",
        "A line of the table of regions has another number of cells than the header: correct it.",
    ),
    refused(
        "regions_bad_cell",
        "区域表里有一格为空或不合要求，请改正指出的那一格。",
        "A cell of the table of regions is empty or not valid: correct the one named.",
    ),
    refused(
        "regions_duplicate_code",
        "区域表里有两行用了同一个代码，请改正其中一行。",
        "Two lines of the table of regions have one code: correct one of them.",
    ),
    refused(
        "regions_unknown_parent",
        "区域表里有一行的上级不在表中，请改正它或补上那个上级。",
        "A line names a parent that is not in the table of regions: correct it or add the parent.",
    ),
    refused(
        "regions_blank",
        "区域表的文件是空的，请先填写，第一行是给出的表头，下面一行一个区域。",
        "The file of regions is empty: fill it in first, with the header that is given on its first line and a region on each line below.",
    ),
    refused(
        "regions_empty",
        "区域表里一个区域也没有，请先填写区域。",
        "The table of regions holds no region: fill it in first.",
    ),
    refused(
        "regions_wrong_level",
        "区域表里有一行的上级层级不对，请改正层级或上级。",
        "A region cannot lie in one of that level: correct the level or the parent in the table.",
    ),
    refused(
        "regions_wrong_code",
        "区域表里有一行的代码不是在上级代码后面接编的，请改正代码或上级。",
        "A code does not continue that of the region above it: correct the code or the parent in the \
         table.",
    ),
    refused(
        "regions_cycle",
        "区域表里有几行互为上级，请改正它们的上级。",
        "Some lines of the table of regions are each other's parents: correct their parents.",
    ),
    refused(
        "regions_other_city",
        "区域表里的市和 --city 给的市名不同，请改正其中一个。",
        "The city in the table of regions is not the one that --city names: correct either.",
    ),
    refused(
        "regions_second_city",
        "区域表里有两个市，请只保留一个。",
        "There are two cities in the table of regions: keep one of them.",
    ),
    refused(
        "folder_not_private",
        "别人也能往这个目录里写，请换一个目录，或收回他人的写权限（chmod go-w）。",
        "Others may write to this directory: choose another one, or take that from them (chmod \
         go-w).",
    ),
    refused(
        "regions_invalid",
        "区域表里有一行不合填报规则，请改正指出的那一行。",
        "A line of the table of regions breaks the rules: correct the one named.",
    ),
];
